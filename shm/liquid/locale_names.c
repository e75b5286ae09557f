/* The names of months and days, as CLDR has them inside a date. */
#include "shm/liquid/locale.h"

const lq_names_t  lq_names[] = {
    { "ar",
      "يناير|فبراير|مارس|أبريل|مايو|يونيو|"
      "يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|"
      "ديسمبر",
      "يناير|فبراير|مارس|أبريل|مايو|يونيو|"
      "يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|"
      "ديسمبر",
      "الأحد|الاثنين|الثلاثاء|الأربعاء|"
      "الخميس|الجمعة|السبت",
      "الأحد|الاثنين|الثلاثاء|الأربعاء|"
      "الخميس|الجمعة|السبت" },
    { "bg",
      "януари|февруари|март|април|май|юни|"
      "юли|август|септември|октомври|"
      "ноември|декември",
      "яну|фев|март|апр|май|юни|юли|авг|сеп|"
      "окт|ное|дек",
      "неделя|понеделник|вторник|сряда|"
      "четвъртък|петък|събота",
      "нд|пн|вт|ср|чт|пт|сб" },
    { "cs",
      "ledna|února|března|dubna|května|června|července|srpna|"
      "září|října|listopadu|prosince",
      "led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|lis|pro",
      "neděle|pondělí|úterý|středa|čtvrtek|pátek|sobota",
      "ne|po|út|st|čt|pá|so" },
    { "da",
      "januar|februar|marts|april|maj|juni|juli|august|september|oktober|"
      "november|december",
      "jan.|feb.|mar.|apr.|maj|jun.|jul.|aug.|sep.|okt.|nov.|dec.",
      "søndag|mandag|tirsdag|onsdag|torsdag|fredag|lørdag",
      "søn.|man.|tirs.|ons.|tors.|fre.|lør." },
    { "de",
      "Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|"
      "November|Dezember",
      "Jan.|Feb.|März|Apr.|Mai|Juni|Juli|Aug.|Sept.|Okt.|Nov.|Dez.",
      "Sonntag|Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag",
      "So|Mo|Di|Mi|Do|Fr|Sa" },
    { "el",
      "Ιανουαρίου|Φεβρουαρίου|Μαρτίου|"
      "Απριλίου|Μαΐου|Ιουνίου|Ιουλίου|"
      "Αυγούστου|Σεπτεμβρίου|Οκτωβρίου|"
      "Νοεμβρίου|Δεκεμβρίου",
      "Ιαν|Φεβ|Μαρ|Απρ|Μαΐ|Ιουν|Ιουλ|Αυγ|"
      "Σεπ|Οκτ|Νοε|Δεκ",
      "Κυριακή|Δευτέρα|Τρίτη|Τετάρτη|"
      "Πέμπτη|Παρασκευή|Σάββατο",
      "Κυρ|Δευ|Τρί|Τετ|Πέμ|Παρ|Σάβ" },
    { "es",
      "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|"
      "octubre|noviembre|diciembre",
      "ene|feb|mar|abr|may|jun|jul|ago|sept|oct|nov|dic",
      "domingo|lunes|martes|miércoles|jueves|viernes|sábado",
      "dom|lun|mar|mié|jue|vie|sáb" },
    { "et",
      "jaanuar|veebruar|märts|aprill|mai|juuni|juuli|august|september|"
      "oktoober|november|detsember",
      "jaan|veebr|märts|apr|mai|juuni|juuli|aug|sept|okt|nov|dets",
      "pühapäev|esmaspäev|teisipäev|kolmapäev|neljapäev|reede|"
      "laupäev",
      "P|E|T|K|N|R|L" },
    { "fi",
      "tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|"
      "kesäkuuta|heinäkuuta|elokuuta|syyskuuta|lokakuuta|marraskuuta|"
      "joulukuuta",
      "tammik.|helmik.|maalisk.|huhtik.|toukok.|kesäk.|heinäk.|elok.|"
      "syysk.|lokak.|marrask.|jouluk.",
      "sunnuntai|maanantai|tiistai|keskiviikko|torstai|perjantai|lauantai",
      "su|ma|ti|ke|to|pe|la" },
    { "fr",
      "janvier|février|mars|avril|mai|juin|juillet|août|septembre|"
      "octobre|novembre|décembre",
      "janv.|févr.|mars|avr.|mai|juin|juil.|août|sept.|oct.|nov.|déc.",
      "dimanche|lundi|mardi|mercredi|jeudi|vendredi|samedi",
      "dim.|lun.|mar.|mer.|jeu.|ven.|sam." },
    { "he",
      "ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|"
      "אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר",
      "ינו׳|פבר׳|מרץ|אפר׳|מאי|יוני|יולי|אוג׳|"
      "ספט׳|אוק׳|נוב׳|דצמ׳",
      "יום ראשון|יום שני|יום שלישי|יום רביעי|"
      "יום חמישי|יום שישי|יום שבת",
      "יום א׳|יום ב׳|יום ג׳|יום ד׳|יום ה׳|"
      "יום ו׳|שבת" },
    { "hi",
      "जनवरी|फ़रवरी|मार्च|"
      "अप्रैल|मई|जून|जुलाई|अगस्त|"
      "सितंबर|अक्टूबर|नवंबर|"
      "दिसंबर",
      "जन॰|फ़र॰|मार्च|अप्रैल|मई|"
      "जून|जुल॰|अग॰|सित॰|अक्टू॰|"
      "नव॰|दिस॰",
      "रविवार|सोमवार|मंगलवार|"
      "बुधवार|गुरुवार|शुक्रवार|"
      "शनिवार",
      "रवि|सोम|मंगल|बुध|गुरु|"
      "शुक्र|शनि" },
    { "hr",
      "siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|"
      "rujna|listopada|studenoga|prosinca",
      "sij|velj|ožu|tra|svi|lip|srp|kol|ruj|lis|stu|pro",
      "nedjelja|ponedjeljak|utorak|srijeda|četvrtak|petak|subota",
      "ned|pon|uto|sri|čet|pet|sub" },
    { "hu",
      "január|február|március|április|május|június|július|"
      "augusztus|szeptember|október|november|december",
      "jan.|febr.|márc.|ápr.|máj.|jún.|júl.|aug.|szept.|okt.|nov.|"
      "dec.",
      "vasárnap|hétfő|kedd|szerda|csütörtök|péntek|szombat",
      "V|H|K|Sze|Cs|P|Szo" },
    { "id",
      "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|"
      "Oktober|November|Desember",
      "Jan|Feb|Mar|Apr|Mei|Jun|Jul|Agu|Sep|Okt|Nov|Des",
      "Minggu|Senin|Selasa|Rabu|Kamis|Jumat|Sabtu",
      "Min|Sen|Sel|Rab|Kam|Jum|Sab" },
    { "it",
      "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|"
      "settembre|ottobre|novembre|dicembre",
      "gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic",
      "domenica|lunedì|martedì|mercoledì|giovedì|venerdì|sabato",
      "dom|lun|mar|mer|gio|ven|sab" },
    { "ja",
      "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
      "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
      "日曜日|月曜日|火曜日|水曜日|木曜日|金曜日|"
      "土曜日",
      "日|月|火|水|木|金|土" },
    { "ko",
      "1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월",
      "1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월",
      "일요일|월요일|화요일|수요일|목요일|금요일|"
      "토요일",
      "일|월|화|수|목|금|토" },
    { "lt",
      "sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|"
      "rugpjūčio|rugsėjo|spalio|lapkričio|gruodžio",
      "saus.|vas.|kov.|bal.|geg.|birž.|liep.|rugp.|rugs.|spal.|lapkr.|"
      "gruod.",
      "sekmadienis|pirmadienis|antradienis|trečiadienis|ketvirtadienis|"
      "penktadienis|šeštadienis",
      "sk|pr|an|tr|kt|pn|št" },
    { "lv",
      "janvāris|februāris|marts|aprīlis|maijs|jūnijs|jūlijs|augusts|"
      "septembris|oktobris|novembris|decembris",
      "janv.|febr.|marts|apr.|maijs|jūn.|jūl.|aug.|sept.|okt.|nov.|dec.",
      "Svētdiena|Pirmdiena|Otrdiena|Trešdiena|Ceturtdiena|Piektdiena|"
      "Sestdiena",
      "Svētd.|Pirmd.|Otrd.|Trešd.|Ceturtd.|Piektd.|Sestd." },
    { "nb",
      "januar|februar|mars|april|mai|juni|juli|august|september|oktober|"
      "november|desember",
      "jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des.",
      "søndag|mandag|tirsdag|onsdag|torsdag|fredag|lørdag",
      "søn.|man.|tir.|ons.|tor.|fre.|lør." },
    { "nl",
      "januari|februari|maart|april|mei|juni|juli|augustus|september|"
      "oktober|november|december",
      "jan|feb|mrt|apr|mei|jun|jul|aug|sep|okt|nov|dec",
      "zondag|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag",
      "zo|ma|di|wo|do|vr|za" },
    { "no",
      "januar|februar|mars|april|mai|juni|juli|august|september|oktober|"
      "november|desember",
      "jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des.",
      "søndag|mandag|tirsdag|onsdag|torsdag|fredag|lørdag",
      "søn.|man.|tir.|ons.|tor.|fre.|lør." },
    { "pl",
      "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|"
      "września|października|listopada|grudnia",
      "sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru",
      "niedziela|poniedziałek|wtorek|środa|czwartek|piątek|sobota",
      "niedz.|pon.|wt.|śr.|czw.|pt.|sob." },
    { "pt",
      "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|"
      "outubro|novembro|dezembro",
      "jan.|fev.|mar.|abr.|mai.|jun.|jul.|ago.|set.|out.|nov.|dez.",
      "domingo|segunda-feira|terça-feira|quarta-feira|quinta-feira|"
      "sexta-feira|sábado",
      "dom.|seg.|ter.|qua.|qui.|sex.|sáb." },
    { "ro",
      "ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|"
      "septembrie|octombrie|noiembrie|decembrie",
      "ian.|feb.|mar.|apr.|mai|iun.|iul.|aug.|sept.|oct.|nov.|dec.",
      "duminică|luni|marți|miercuri|joi|vineri|sâmbătă",
      "dum.|lun.|mar.|mie.|joi|vin.|sâm." },
    { "ru",
      "января|февраля|марта|апреля|мая|"
      "июня|июля|августа|сентября|октября|"
      "ноября|декабря",
      "янв.|февр.|мар.|апр.|мая|июн.|июл.|авг.|"
      "сент.|окт.|нояб.|дек.",
      "воскресенье|понедельник|вторник|"
      "среда|четверг|пятница|суббота",
      "вс|пн|вт|ср|чт|пт|сб" },
    { "sk",
      "januára|februára|marca|apríla|mája|júna|júla|augusta|"
      "septembra|októbra|novembra|decembra",
      "jan|feb|mar|apr|máj|jún|júl|aug|sep|okt|nov|dec",
      "nedeľa|pondelok|utorok|streda|štvrtok|piatok|sobota",
      "ne|po|ut|st|št|pi|so" },
    { "sl",
      "januar|februar|marec|april|maj|junij|julij|avgust|september|oktober|"
      "november|december",
      "jan.|feb.|mar.|apr.|maj|jun.|jul.|avg.|sep.|okt.|nov.|dec.",
      "nedelja|ponedeljek|torek|sreda|četrtek|petek|sobota",
      "ned.|pon.|tor.|sre.|čet.|pet.|sob." },
    { "sr",
      "јануар|фебруар|март|април|мај|јун|"
      "јул|август|септембар|октобар|"
      "новембар|децембар",
      "јан|феб|мар|апр|мај|јун|јул|авг|сеп|"
      "окт|нов|дец",
      "недеља|понедељак|уторак|среда|"
      "четвртак|петак|субота",
      "нед|пон|уто|сре|чет|пет|суб" },
    { "sv",
      "januari|februari|mars|april|maj|juni|juli|augusti|september|"
      "oktober|november|december",
      "jan.|feb.|mars|apr.|maj|juni|juli|aug.|sep.|okt.|nov.|dec.",
      "söndag|måndag|tisdag|onsdag|torsdag|fredag|lördag",
      "sön|mån|tis|ons|tors|fre|lör" },
    { "th",
      "มกราคม|กุมภาพันธ์|"
      "มีนาคม|เมษายน|พฤษภาคม|"
      "มิถุนายน|กรกฎาคม|"
      "สิงหาคม|กันยายน|ตุลาคม|"
      "พฤศจิกายน|ธันวาคม",
      "ม.ค.|ก.พ.|มี.ค.|เม.ย.|พ.ค.|มิ.ย.|"
      "ก.ค.|ส.ค.|ก.ย.|ต.ค.|พ.ย.|ธ.ค.",
      "วันอาทิตย์|วันจันทร์|"
      "วันอังคาร|วันพุธ|"
      "วันพฤหัสบดี|วันศุกร์|"
      "วันเสาร์",
      "อาทิตย์|จันทร์|อังคาร|"
      "พุธ|พฤหัส|ศุกร์|เสาร์" },
    { "tr",
      "Ocak|Şubat|Mart|Nisan|Mayıs|Haziran|Temmuz|Ağustos|Eylül|Ekim|"
      "Kasım|Aralık",
      "Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara",
      "Pazar|Pazartesi|Salı|Çarşamba|Perşembe|Cuma|Cumartesi",
      "Paz|Pzt|Sal|Çar|Per|Cum|Cmt" },
    { "uk",
      "січня|лютого|березня|квітня|травня|"
      "червня|липня|серпня|вересня|жовтня|"
      "листопада|грудня",
      "січ.|лют.|бер.|квіт.|трав.|черв.|лип.|"
      "серп.|вер.|жовт.|лист.|груд.",
      "неділя|понеділок|вівторок|середа|"
      "четвер|пʼятниця|субота",
      "нд|пн|вт|ср|чт|пт|сб" },
    { "vi",
      "tháng 1|tháng 2|tháng 3|tháng 4|tháng 5|tháng 6|tháng 7|"
      "tháng 8|tháng 9|tháng 10|tháng 11|tháng 12",
      "thg 1|thg 2|thg 3|thg 4|thg 5|thg 6|thg 7|thg 8|thg 9|thg 10|thg 11|"
      "thg 12",
      "Chủ Nhật|Thứ Hai|Thứ Ba|Thứ Tư|Thứ Năm|Thứ Sáu|"
      "Thứ Bảy",
      "CN|Thứ 2|Thứ 3|Thứ 4|Thứ 5|Thứ 6|Thứ 7" },
    { "zh",
      "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
      "1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月",
      "星期日|星期一|星期二|星期三|星期四|星期五|"
      "星期六",
      "周日|周一|周二|周三|周四|周五|周六" },
    { NULL, NULL, NULL, NULL, NULL }
};

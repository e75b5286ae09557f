/*
 * The texts of the pages that people see, one row a text, one column a
 * language. A language more is one row here and one column in each text.
 */
#include "ngx_http_godwit_page.h"

/* Changed with any text: it is stored with what somebody has agreed to. */
const char  ngx_http_godwit_page_version[] = "page2";

const ngx_http_godwit_language_t
    ngx_http_godwit_languages[NGX_HTTP_GODWIT_LANGUAGES] =
{
    { ngx_string("en"), "ltr" },
    { ngx_string("de"), "ltr" },
    { ngx_string("ar"), "rtl" }
};

/* clang-format off */
const ngx_http_godwit_text_t  ngx_http_godwit_texts[] = {
    { "unsubscribe_title", {
        "Unsubscribe?",
        "Abmelden?",
        "إلغاء الاشتراك؟" } },
    { "unsubscribe_text", {
        "You will get no more mail from this sender.",
        "Sie erhalten dann keine E-Mails mehr von diesem Absender.",
        "لن تصلك بعد ذلك أي رسائل بريد من هذا "
        "المرسل." } },
    { "unsubscribe_button", {
        "Unsubscribe",
        "Abmelden",
        "إلغاء الاشتراك" } },
    { "unsubscribe_link", {
        "Choose what you get instead",
        "Lieber auswählen, was Sie erhalten",
        "بدلاً من ذلك، اختر ما تريد استلامه" } },
    { "unsubscribed_title", {
        "Unsubscribed",
        "Abgemeldet",
        "تم إلغاء الاشتراك" } },
    { "unsubscribed_text", {
        "You are unsubscribed. It may take a second to reach every server.",
        "Sie sind abgemeldet. Es kann eine Sekunde dauern, bis alle Server "
        "es wissen.",
        "تم إلغاء اشتراكك. قد يستغرق وصول ذلك "
        "إلى جميع الخوادم ثانية واحدة." } },
    { "unsubscribed_link", {
        "Changed your mind? Your preferences",
        "Doch nicht? Zu Ihren Einstellungen",
        "هل غيّرت رأيك؟ إلى تفضيلاتك" } },
    { "saved_title", {
        "Saved",
        "Gespeichert",
        "تم الحفظ" } },
    { "saved_text", {
        "Your choices are kept. They count within a few seconds.",
        "Ihre Auswahl ist gespeichert und gilt in wenigen Sekunden.",
        "تم حفظ اختياراتك، وستُطبَّق خلال "
        "ثوانٍ قليلة." } },
    { "saved_link", {
        "Back to your preferences",
        "Zurück zu Ihren Einstellungen",
        "العودة إلى تفضيلاتك" } },
    { "missing_title", {
        "This link is not valid",
        "Dieser Link ist nicht gültig",
        "هذا الرابط غير صالح" } },
    { "missing_text", {
        "It may have been cut off on its way. Open it once more from the "
        "message that it came in.",
        "Vielleicht wurde er unterwegs abgeschnitten. Öffnen Sie ihn noch "
        "einmal aus der Nachricht, in der er kam.",
        "ربما قُطع في الطريق. افتحه مرة أخرى "
        "من الرسالة التي وصل فيها." } },
    { "unclear_title", {
        "This was not understood",
        "Das wurde nicht verstanden",
        "لم يُفهم هذا الطلب" } },
    { "unclear_text", {
        "Nothing was changed. Open the link again in a moment.",
        "Es wurde nichts geändert. Öffnen Sie den Link gleich noch einmal.",
        "لم يتغيّر شيء. افتح الرابط مرة أخرى "
        "بعد لحظات." } },
    { "away_title", {
        "This does not work just now",
        "Das geht gerade nicht",
        "هذا لا يعمل الآن" } },
    { "away_text", {
        "Nothing was changed. Open the link again in a moment.",
        "Es wurde nichts geändert. Öffnen Sie den Link gleich noch einmal.",
        "لم يتغيّر شيء. افتح الرابط مرة أخرى "
        "بعد لحظات." } },
    { "confirm_title", {
        "Confirm?",
        "Bestätigen?",
        "تأكيد الاشتراك؟" } },
    { "confirm_text", {
        "You get what the message names once you have confirmed it here.",
        "Sie erhalten, was in der Nachricht steht, sobald Sie es hier "
        "bestätigt haben.",
        "ستصلك ما ذُكر في الرسالة بعد أن "
        "تؤكّد هنا." } },
    { "confirm_button", {
        "Yes, I want it",
        "Ja, das möchte ich",
        "نعم، أرغب في ذلك" } },
    { "confirmed_title", {
        "Confirmed",
        "Bestätigt",
        "تم التأكيد" } },
    { "confirmed_text", {
        "Thank you. Each message has a link by which you can stop it.",
        "Danke. In jeder Nachricht ist ein Link, mit dem Sie sich abmelden "
        "können.",
        "شكراً لك. في كل رسالة رابط يمكنك به "
        "إلغاء الاشتراك." } },
    { "over_title", {
        "This link is too old",
        "Dieser Link ist zu alt",
        "هذا الرابط قديم جداً" } },
    { "over_text", {
        "It was good for a week. Ask for what you want once more to get a "
        "new one.",
        "Er galt eine Woche. Melden Sie sich noch einmal an, um einen neuen "
        "zu erhalten.",
        "كان صالحاً لمدة أسبوع. سجّل مرة أخرى "
        "لتحصل على رابط جديد." } },
    { "gone_title", {
        "This link counts no more",
        "Dieser Link gilt nicht mehr",
        "هذا الرابط لم يعد صالحاً" } },
    { "gone_text", {
        "What it asked about has changed since. Ask for what you want once "
        "more to get a new one.",
        "Wonach er fragte, hat sich seither geändert. Melden Sie sich noch "
        "einmal an, um einen neuen zu erhalten.",
        "تغيّر ما كان يسأل عنه. سجّل مرة أخرى "
        "لتحصل على رابط جديد." } },
    { "preferences_title", {
        "Your preferences",
        "Ihre Einstellungen",
        "تفضيلاتك" } },
    { "address", {
        "E-mail address:",
        "E-Mail-Adresse:",
        "عنوان البريد الإلكتروني:" } },
    { "elsewhere", {
        "This link came with a mail to another address of yours. It can end "
        "or pause what you get. To get more, use the link of a newer mail.",
        "Dieser Link kam mit einer E-Mail an eine andere Adresse von Ihnen. "
        "Mit ihm können Sie beenden oder pausieren, was Sie erhalten. Um mehr "
        "zu erhalten, nehmen Sie den Link einer neueren E-Mail.",
        "وصل هذا الرابط في رسالة إلى "
        "عنوان آخر لك. يمكنك به إيقاف "
        "ما يصلك أو تعليقه مؤقتاً. "
        "ولاستلام المزيد استخدم "
        "رابط رسالة أحدث." } },
    { "state_on", {
        "You get mail from this sender.",
        "Sie erhalten E-Mails von diesem Absender.",
        "تصلك رسائل بريد من هذا المرسل." } },
    { "state_off", {
        "You get no mail from this sender.",
        "Sie erhalten keine E-Mails von diesem Absender.",
        "لا تصلك رسائل بريد من هذا المرسل." } },
    { "channels", {
        "How we may reach you",
        "Wie wir Sie erreichen dürfen",
        "كيف يمكننا التواصل معك" } },
    { "email", {
        "E-mail",
        "E-Mail",
        "البريد الإلكتروني" } },
    { "sms", {
        "Text messages (SMS)",
        "SMS",
        "الرسائل النصية القصيرة" } },
    { "whatsapp", {
        "WhatsApp",
        "WhatsApp",
        "واتساب" } },
    { "voice", {
        "Phone calls",
        "Anrufe",
        "المكالمات الهاتفية" } },
    { "lists", {
        "What you get by e-mail",
        "Was Sie per E-Mail erhalten",
        "ما يصلك بالبريد الإلكتروني" } },
    { "pause", {
        "A break from e-mail",
        "Pause von E-Mails",
        "استراحة من البريد الإلكتروني" } },
    { "pause_none", {
        "No break",
        "Keine Pause",
        "بدون استراحة" } },
    { "pause_until", {
        "Break until",
        "Pause bis",
        "استراحة حتى" } },
    { "pause_end", {
        "End the break now",
        "Pause jetzt beenden",
        "إنهاء الاستراحة الآن" } },
    { "pause_30", {
        "For 30 days",
        "30 Tage lang",
        "لمدة 30 يوماً" } },
    { "pause_60", {
        "For 60 days",
        "60 Tage lang",
        "لمدة 60 يوماً" } },
    { "pause_90", {
        "For 90 days",
        "90 Tage lang",
        "لمدة 90 يوماً" } },
    { "every", {
        "How often at most",
        "Wie oft höchstens",
        "كم مرة على الأكثر" } },
    { "every_0", {
        "As often as there is something",
        "So oft es etwas gibt",
        "كلما وُجد جديد" } },
    { "every_1", {
        "Once a day",
        "Einmal am Tag",
        "مرة في اليوم" } },
    { "every_7", {
        "Once a week",
        "Einmal pro Woche",
        "مرة في الأسبوع" } },
    { "every_30", {
        "Once in 30 days",
        "Einmal in 30 Tagen",
        "مرة كل 30 يوماً" } },
    { "save", {
        "Save",
        "Speichern",
        "حفظ" } },
    { "all_title", {
        "Stop everything",
        "Alles beenden",
        "إيقاف كل شيء" } },
    { "all_text", {
        "No more e-mail, messages or calls from this sender.",
        "Keine E-Mails, Nachrichten oder Anrufe mehr von diesem Absender.",
        "لا مزيد من رسائل البريد أو الرسائل "
        "أو المكالمات من هذا المرسل." } },
    { "all", {
        "Unsubscribe from all",
        "Von allem abmelden",
        "إلغاء الاشتراك من الكل" } },
    { NULL, { NULL } }
};
/* clang-format on */

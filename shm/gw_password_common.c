/*
 * Passwords that are tried first, by how people make them: a word that many
 * take, with a few digits or signs around it or in place of letters; the same
 * again and again; keys in a row; digits alone. So a table of words stands for
 * the thousands of entries of a list.
 */
#include "shm/gw_password.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#define COMMON_AROUND  8                /* characters that change nothing   */
#define COMMON_UNIT    8                /* shorter than this, repeated      */
#define COMMON_FEW     3                /* different characters             */
#define COMMON_DIGITS  12               /* digits alone, shorter than this  */

/* In the order of strcmp; without digits and signs at the ends. Words of this
   house and its trade are among them: SECURITY.md names these. */
static const char *const  common_words[] = {
    "aaa", "abc", "abcabc", "abcd", "abcde", "abcdef", "abcdefg", "access",
    "acdc", "action", "admin", "administrator", "alex", "alexander",
    "alexandra", "alexandre", "amanda", "amazing", "amazon", "america",
    "american", "andrea", "andrew", "android", "angel", "angelo", "angels",
    "anthony", "anything", "apple", "apples", "april", "arsenal", "asd",
    "asdasd", "asdf", "asdfasdf", "asdfg", "asdfgh", "asdfghjkl", "ashley",
    "asshole", "audi", "august", "austin", "australia", "autumn", "avengers",
    "awesome", "azerty", "azertyuiop", "baby", "babyboy", "babygirl",
    "babylove", "bailey", "banana", "barbie", "barca", "barcelona", "bart",
    "baseball", "basketball", "bastard", "batman", "bayern", "bear", "bears",
    "beatles", "beautiful", "bella", "benjamin", "berlin", "bestfriend",
    "bestfriends", "beyonce", "bible", "bienvenue", "bird", "birds", "bitch",
    "black", "blahblah", "blessed", "blink", "blue", "blues", "bmw", "bonjour",
    "boss", "boston", "boxing", "boy", "brandon", "brasil", "brazil", "brian",
    "broncos", "brother", "buddy", "bugatti", "bulldog", "bulls", "bullshit",
    "bunny", "business", "buster", "butter", "butterfly", "california",
    "callofduty", "camaro", "camille", "campaign", "campaigns", "canada",
    "candy", "cash", "cat", "cats", "celtic", "champion", "changeit",
    "changeme", "changethis", "chargers", "charles", "charlie", "charlotte",
    "cheese", "cheetah", "chelsea", "cherry", "chevrolet", "chevy", "chicago",
    "chicken", "china", "chloe", "chocolat", "chocolate", "chouchou", "chris",
    "christ", "christian", "christina", "christine", "christopher", "church",
    "cinderella", "cisco", "cock", "coco", "coffee", "college", "company",
    "computer", "contacts", "contrasena", "cookie", "cookies", "cool", "cooper",
    "corvette", "coucou", "counterstrike", "cowboys", "crazy", "cricket",
    "crystal", "cubs", "cupcake", "cute", "cutie", "daddy", "daisy", "dallas",
    "danger", "daniel", "darthvader", "database", "daughter", "david", "debian",
    "december", "default", "denver", "deutschland", "diamond", "dick", "disney",
    "doctor", "dodgers", "dog", "doggy", "dogs", "dollar", "dollars", "dolphin",
    "dolphins", "donald", "dontknow", "dortmund", "doudou", "dragon",
    "dragonball", "dream", "dreamer", "dreams", "drums", "eagle", "eagles",
    "earth", "elephant", "elizabeth", "elvis", "emily", "eminem", "emma",
    "energy", "engagement", "england", "espana", "ethan", "everton",
    "everything", "facebook", "faith", "falcon", "fall", "family", "fantastic",
    "father", "february", "felix", "ferrari", "fire", "fish", "fishing",
    "florida", "flower", "flowers", "football", "ford", "forever", "forget",
    "forgot", "fortnite", "france", "frank", "freedom", "friday", "friend",
    "friends", "friendship", "frozen", "fruehling", "fuck", "fuckme", "fuckoff",
    "fuckyou", "funny", "fussball", "futbol", "gamer", "games", "gaming",
    "gandalf", "garden", "garfield", "geheim", "george", "germany", "giants",
    "ginger", "girl", "girls", "gmail", "god", "godisgood", "godwit", "goku",
    "gold", "golden", "golf", "golfer", "goodbye", "goodluck", "goofy",
    "google", "grace", "granted", "green", "greenday", "guest", "guitar",
    "hacker", "hackers", "hallo", "hallowelt", "halo", "handsome", "hannah",
    "happiness", "happy", "harley", "harry", "harrypotter", "haslo", "hawaii",
    "hawk", "heaven", "hello", "hellohello", "hellokitty", "helloworld",
    "henry", "herbst", "hero", "heroes", "hockey", "hogwarts", "homer", "honda",
    "honey", "hope", "horse", "horses", "hotmail", "houston", "hunter", "ice",
    "icecream", "ichliebedich", "idontknow", "iloveme", "iloveu", "ilovey",
    "iloveyou", "iloveyousomuch", "india", "instagram", "internet", "iphone",
    "ironmaiden", "ironman", "isabella", "istanbul", "italia", "italy", "jack",
    "jackson", "jacob", "jaguar", "jake", "james", "january", "jedi", "jeep",
    "jennifer", "jessica", "jesus", "jesuschrist", "jetaime", "john",
    "jonathan", "jordan", "joshua", "julia", "julian", "july", "june",
    "justice", "justin", "juventus", "kawasaki", "kevin", "killer", "king",
    "kitkat", "kitten", "kitty", "knight", "lakers", "lamborghini", "laura",
    "legend", "legends", "lemon", "leon", "letmein", "letmeinnow",
    "letmeinplease", "liberty", "lightning", "linkinpark", "linux", "lion",
    "liverpool", "login", "logmein", "london", "loser", "loulou", "love",
    "loveforever", "lovely", "loveme", "lover", "lovers", "loveyou", "lucas",
    "lucky", "luigi", "lukas", "macintosh", "madison", "madonna", "maggie",
    "magic", "mama", "manager", "manchester", "manutd", "march", "maria",
    "mario", "marketing", "marseille", "martin", "martina", "master",
    "mastermind", "masters", "matrix", "matthew", "max", "mega", "melissa",
    "mercedes", "merlin", "metallica", "mexico", "miami", "michael",
    "michaeljackson", "michelle", "mickey", "mickeymouse", "microsoft", "milan",
    "million", "minecraft", "minnie", "misty", "molly", "mommy", "monday",
    "money", "monkey", "moon", "moonlight", "motdepasse", "mother", "motorola",
    "mountain", "muffin", "mummy", "music", "mustang", "mylove", "mypassword",
    "mysql", "naruto", "natalie", "nathan", "newpassword", "newsletter",
    "newsletters", "newyork", "nicholas", "nicolas", "nicole", "ninja",
    "nintendo", "nirvana", "nissan", "nokia", "nopassword", "nothing",
    "november", "number", "nurse", "ocean", "october", "office", "oldpassword",
    "oliver", "olivia", "one", "oracle", "orange", "oscar", "packers",
    "pakistan", "panther", "papa", "paris", "parola", "pass", "passe", "passw",
    "passwd", "passwor", "password", "passwort", "patricia", "patrick",
    "patriots", "paul", "peace", "peaches", "peanut", "penguin", "pepper",
    "peter", "phoenix", "piano", "pikachu", "pink", "pinkfloyd", "pirate",
    "pirates", "pizza", "player", "players", "playstation", "please", "pokemon",
    "poland", "police", "polska", "pony", "popcorn", "porsche", "postgres",
    "potter", "power", "pretty", "prince", "princess", "private", "pumpkin",
    "puppy", "purple", "pussy", "q1w2e3r", "q1w2e3r4t1", "qaz", "qaz2wsx",
    "qazwsx", "qazwsxedc", "queen", "qwe", "qweasd", "qweasdzxc", "qweqwe",
    "qwert", "qwerty", "qwertyu", "qwertyui", "qwertyuiop", "qwertz", "rabbit",
    "rachel", "racing", "raiders", "rainbow", "rambo", "ranger", "rangers",
    "ravens", "realmadrid", "rebecca", "red", "redsox", "rich", "rihanna",
    "river", "robert", "roblox", "rock", "rocknroll", "rockstar", "rocky",
    "root", "rose", "roses", "rugby", "runner", "russia", "salasana", "sam",
    "samantha", "samsung", "samuel", "samurai", "sandra", "sarah", "sasha",
    "sasuke", "saturday", "schalke", "schatz", "school", "scooby", "scoobydoo",
    "sebastian", "secret", "secure", "security", "senha", "september", "server",
    "sexy", "sexygirl", "shadow", "shark", "shit", "signin", "silver", "simba",
    "simon", "simpson", "simpsons", "sister", "skating", "sky", "skyline",
    "skywalker", "slipknot", "smile", "smiley", "snake", "sniper", "snoopy",
    "snowboard", "snowwhite", "soccer", "softball", "soldier", "soleil",
    "something", "sommer", "son", "sonic", "sophia", "sophie", "spain",
    "spider", "spiderman", "spring", "spurs", "star", "starcraft", "stars",
    "startrek", "starwars", "steelers", "stefan", "stephanie", "stephen",
    "steven", "storm", "strawberry", "student", "stupid", "subaru", "sugar",
    "summer", "sun", "sunday", "sunflower", "sunshine", "super", "superman",
    "supernova", "superstar", "surfing", "suzuki", "sweet", "sweetdreams",
    "sweetheart", "sweetie", "swimming", "system", "taylor", "teacher", "teamo",
    "tennis", "tequiero", "terminator", "test", "tester", "testing", "testpass",
    "testtest", "texas", "thanks", "thankyou", "thisismypassword", "thomas",
    "thunder", "thursday", "tiger", "tigger", "tinkerbell", "toby", "topsecret",
    "tottenham", "toyota", "tree", "truelove", "trust", "trustme", "trustno",
    "trustnoone", "tuesday", "tupac", "turbo", "turkey", "turtle", "twitter",
    "ubuntu", "ultra", "university", "usa", "user", "vader", "vanessa",
    "veronica", "victoria", "victory", "volkswagen", "volleyball", "volvo",
    "wachtwoord", "warcraft", "warrior", "water", "wednesday", "welcome",
    "welcometo", "whatever", "white", "william", "willkommen", "windows",
    "winner", "winners", "winnie", "winter", "wizard", "wolf", "wolves",
    "wonderful", "work", "workspace", "worldofwarcraft", "xbox", "xsw", "xxx",
    "xyz", "yahoo", "yamaha", "yankees", "yellow", "yoda", "yourpassword",
    "youtube", "zaq", "zaq12wsx", "zaq1xsw", "zaqxsw", "zelda", "zxc", "zxcvb",
    "zxcvbn", "zxcvbnm", "zxczxc"
};

/* Rows of keyboards; a step to the next key either way is no choice. */
static const char *const  common_rows[] = {
    "1234567890-=", "!@#$%^&*()_+", "qwertyuiop[]", "asdfghjkl;'",
    "zxcvbnm,./", "qwertzuiop", "yxcvbnm,.-", "azertyuiop", "qsdfghjklm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmik,ol.p;/", "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0", "a1b2c3d4e5f6g7h8i9", NULL
};

typedef struct {
    char  sign;
    char  letter;
} common_sign_t;

static const common_sign_t  common_signs[] = {
    { '0', 'o' }, { '1', 'i' }, { '3', 'e' }, { '4', 'a' }, { '5', 's' },
    { '7', 't' }, { '8', 'b' }, { '@', 'a' }, { '$', 's' }, { '!', 'i' },
    { '+', 't' }, { 0, 0 }
};


static bool
common_is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || c >= 0x80;
}


static int
common_compare(const void *a, const void *b)
{
    return strcmp(a, *(const char *const *) b);
}


/* Is s of n bytes a word of the table, as it is or with signs for letters? */
static bool
common_is_word(const unsigned char *s, size_t n)
{
    size_t                i;
    bool                  found;
    char                  word[32], plain[32];
    const common_sign_t  *sign;

    if (n == 0 || n >= sizeof(word)) {
        return false;
    }

    memcpy(word, s, n);
    word[n] = '\0';
    memcpy(plain, word, n + 1);

    for (i = 0; i < n; i++) {
        for (sign = common_signs; sign->sign != 0; sign++) {
            if (plain[i] == sign->sign) {
                plain[i] = sign->letter;
            }
        }
    }

    found = bsearch(word, common_words,
                    sizeof(common_words) / sizeof(common_words[0]),
                    sizeof(common_words[0]), common_compare) != NULL
            || bsearch(plain, common_words,
                       sizeof(common_words) / sizeof(common_words[0]),
                       sizeof(common_words[0]), common_compare) != NULL;

    OPENSSL_cleanse(word, sizeof(word));
    OPENSSL_cleanse(plain, sizeof(plain));

    return found;
}


/* A word between what is no letter, of which some may stand for letters. */
static bool
common_has_word(const unsigned char *s, size_t n)
{
    size_t  first, last, begin, end;

    for (first = 0; first < n && !common_is_letter(s[first]); first++) {
        /* void */
    }

    for (last = n; last > first && !common_is_letter(s[last - 1]); last--) {
        /* void */
    }

    for (begin = 0; begin <= first && begin <= COMMON_AROUND; begin++) {
        for (end = n; end >= last && n - end + begin <= COMMON_AROUND; end--) {

            if (common_is_word(s + begin, end - begin)) {
                return true;
            }

            if (end == 0) {
                break;
            }
        }
    }

    return false;
}


/* The same, again and again? The unit then, else all of it. */
static size_t
common_unit(const unsigned char *s, size_t n)
{
    size_t  unit;

    for (unit = 1; unit <= n / 2; unit++) {
        if (memcmp(s, s + unit, n - unit) == 0) {
            return unit;
        }
    }

    return n;
}


static bool
common_is_step(char a, char b)
{
    const char         *at;
    const char *const  *row;

    if (a == b || a + 1 == b || b + 1 == a) {
        return true;
    }

    for (row = common_rows; *row != NULL && a != '\0'; row++) {
        at = strchr(*row, a);

        if (at != NULL && (at[1] == b || (at > *row && at[-1] == b))) {
            return true;
        }
    }

    return false;
}


/* Keys or characters in a row, in two pieces at most. */
static bool
common_is_row(const unsigned char *s, size_t n)
{
    size_t    i;
    unsigned  breaks;

    breaks = 0;
    for (i = 1; i < n; i++) {
        breaks += !common_is_step((char) s[i - 1], (char) s[i]);
    }

    return breaks <= 1 + n / 12;
}


static bool
common_is_few(const unsigned char *s, size_t n)
{
    size_t    i;
    bool      seen[256] = { false };
    unsigned  different, digits;

    different = 0;
    digits = 0;

    for (i = 0; i < n; i++) {
        different += !seen[s[i]];
        seen[s[i]] = true;
        digits += s[i] >= '0' && s[i] <= '9';
    }

    OPENSSL_cleanse(seen, sizeof(seen));

    return different <= COMMON_FEW || (digits == n && n < COMMON_DIGITS);
}


bool
gw_password_is_common(gw_str_t password)
{
    bool           common;
    size_t         i, n;
    unsigned char  mem[GW_PASSWORD_BYTES];

    if (password.len > sizeof(mem)) {
        return false;
    }

    for (i = 0; i < password.len; i++) {
        mem[i] = password.data[i] >= 'A' && password.data[i] <= 'Z'
                 ? password.data[i] | 0x20 : password.data[i];
    }

    n = common_unit(mem, password.len);
    common = (n < COMMON_UNIT && n < password.len)
             || common_has_word(mem, n) || common_is_row(mem, n)
             || common_is_few(mem, n);
    OPENSSL_cleanse(mem, sizeof(mem));

    return common;
}

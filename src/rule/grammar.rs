//! The grammar in one table: what help shows, what the README prints, and what a test executes row by row.

/// One form of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What it is about.
    pub about: &'static str,
    /// How it is written; what varies is in angle brackets, what may be left out in square brackets.
    pub form: &'static str,
    /// An example that can be run.
    pub example: &'static str,
    /// What it means, one sentence.
    pub meaning: &'static str,
}

const fn form(about: &'static str, form: &'static str, example: &'static str, meaning: &'static str) -> Form {
    Form { about, form, example, meaning }
}

const TRAITS: &str = "traits";
const TIMES: &str = "times";
const EVENTS: &str = "events";
const ORDER: &str = "sequences";
const PEOPLE: &str = "people";
const CONTACT: &str = "contact";
const SETS: &str = "sets";

/// Every form.
pub const FORMS: &[Form] = &[
    form(
        "joining",
        "<rule> and <rule>",
        r#"country = "DE" and device = "mobile""#,
        "Both hold; `and` binds tighter than `or`, `not` tighter than `and`.",
    ),
    form("joining", "<rule> or <rule>", r#"country = "DE" or country missing"#, "At least one holds."),
    form(
        "joining",
        "not <rule>",
        r#"not country = "DE""#,
        "It does not hold; what is unknown stays unknown, and unknown is not in.",
    ),
    form(
        "joining",
        "( <rule> )",
        r#"(country = "DE" or country = "AT") and device = "mobile""#,
        "What is in parentheses is read first.",
    ),
    form("joining", "everyone", "everyone", "Always holds."),
    form(
        "joining",
        "# <comment>",
        "# people of Germany\ncountry = \"DE\" # and nobody else",
        "Says something to people; it stays with its clause.",
    ),
    form(
        TRAITS,
        "<trait> = != < <= > >= <value>",
        "age >= 30",
        "Compares; a missing value makes it unknown, also for `!=`.",
    ),
    form(
        TRAITS,
        "<trait> in (<value>, …)",
        r#"country in ("DE", "AT")"#,
        "It is one of them; for a list, one element is.",
    ),
    form(
        TRAITS,
        "<trait> not in (<value>, …)",
        r#"country not in ("DE", "AT")"#,
        "It is none of them; unknown where it is missing.",
    ),
    form(
        TRAITS,
        "<trait> between <low> and <high>",
        "age between 18 and 30",
        "From the first to the second, both included.",
    ),
    form(
        TRAITS,
        "<trait> contains <text>",
        r#"email contains "@example.""#,
        "The text is a part of it; for a list, one element is equal.",
    ),
    form(
        TRAITS,
        "<trait> contains any (<text>, …)",
        r#"tags contains any ("sale", "outlet")"#,
        "At least one of them is in it.",
    ),
    form(
        TRAITS,
        "<trait> contains all (<text>, …)",
        r#"tags contains all ("sale", "outlet")"#,
        "Every one of them is in it.",
    ),
    form(TRAITS, "<trait> starts with <text>", r#"postcode starts with "10""#, "It begins so."),
    form(TRAITS, "<trait> ends with <text>", r#"email ends with "@example.com""#, "It ends so."),
    form(
        TRAITS,
        "<trait> matches <pattern>",
        r#"postcode matches "^[0-9]{5}$""#,
        "A regular expression is found in it.",
    ),
    form(
        TRAITS,
        "<trait> not contains <text>",
        r#"email not contains "test""#,
        "The opposite of `contains`; likewise `not starts with`, `not matches`, `not between`; unknown where it is missing.",
    ),
    form(
        TRAITS,
        "<test> ignoring case",
        r#"email ends with "@Example.com" ignoring case"#,
        "Upper and lower case are the same.",
    ),
    form(
        TRAITS,
        "<trait> = version <text>",
        r#"app_version >= version "2.10.0""#,
        "Compares versions: 2.10 comes after 2.9, 2.10.0-beta before 2.10.0.",
    ),
    form(TRAITS, "<trait> missing", "country missing", "Nothing is known; never unknown itself."),
    form(TRAITS, "<trait> present", "country present", "Something is known; never unknown itself."),
    form(TRAITS, "<trait> empty", "tags empty", "Nothing is known, or it is an empty text or list."),
    form(
        TRAITS,
        "<trait> size >= <n>",
        "tags size >= 2",
        "How many elements a list has, or characters a text.",
    ),
    form(
        TIMES,
        "within <length>",
        "signed_up within 30d",
        "At or after so long before the point; 30d is 30 × 24 hours; w, d, h, m, s.",
    ),
    form(
        TIMES,
        "between <length> and <length> ago",
        r#"did("Order Completed") between 60d and 30d ago"#,
        "At or after the first, before the second.",
    ),
    form(TIMES, "more than <length> ago", "signed_up more than 1 week ago", "Before so long ago."),
    form(TIMES, "since <date>", r#"did("Order Completed") since 2026-01-01"#, "At or after the instant."),
    form(TIMES, "before <date>", "signed_up before 2026-01-01", "Before the instant."),
    form(TIMES, "after <date>", "signed_up after 2026-01-31", "Later than that day, or than that instant."),
    form(
        TIMES,
        "between <date> and <date>",
        "signed_up between 2026-01-01 and 2026-02-01",
        "At or after the first, before the second.",
    ),
    form(
        TIMES,
        "within next <length>",
        "renews within next 7d",
        "At or after the point, before so long after it; of traits and properties only.",
    ),
    form(
        TIMES,
        "more than <length> ahead",
        "renews more than 30d ahead",
        "At least so long after the point; of traits and properties only.",
    ),
    form(
        TIMES,
        "today, yesterday, tomorrow",
        r#"did("Product Viewed") today"#,
        "From midnight to midnight where the person lives.",
    ),
    form(
        TIMES,
        "this|last|next <period>",
        r#"did("Order Completed") this month"#,
        "A whole day, week from Monday, month, quarter or year where the person lives.",
    ),
    form(
        TIMES,
        "last|next <n> <periods>",
        r#"did("Order Completed") last 3 months"#,
        "So many whole periods before, or after, the one that is running.",
    ),
    form(
        EVENTS,
        "did(<event>) [>= <n>] [<window>]",
        r#"did("Order Completed") >= 2 within 30d"#,
        "How many there are; at least one where no number is given.",
    ),
    form(EVENTS, "did(any event) …", "did(any event) within 14d", "Events of every name."),
    form(
        EVENTS,
        "did(<event> where <filter>)",
        r#"did("Product Viewed" where category = "shoes" and value > 10) >= 3 within 7d"#,
        "Only events whose properties are so; a filter that is unknown does not match.",
    ),
    form(
        EVENTS,
        "where channel = <channel>",
        r#"did(any event where channel in (web, app)) within 7d"#,
        "Where it happened.",
    ),
    form(
        EVENTS,
        "where any item where <filter>",
        r#"did("Order Completed" where any item where category = "shoes" and price > 10)"#,
        "At least one order line is so.",
    ),
    form(
        EVENTS,
        "not did(<event>), never did(<event>)",
        r#"never did("Email Opened") within 90d"#,
        "There is none.",
    ),
    form(
        EVENTS,
        "sum(<event>.<property>) >= <n>",
        r#"sum("Order Completed".value) >= 300 within 90d"#,
        "The sum, exact; of nothing it is 0.",
    ),
    form(
        EVENTS,
        "min, max, average(<event>.<property>)",
        r#"average("Order Completed".value) > 50"#,
        "The smallest, the largest, the mean; of nothing unknown.",
    ),
    form(
        EVENTS,
        "distinct(<event>.<property>)",
        r#"distinct("Product Viewed".category) >= 3 within 30d"#,
        "How many different values there are.",
    ),
    form(
        EVENTS,
        "first|last(<event>) <window>",
        r#"last("Order Completed") more than 60d ago"#,
        "When the oldest or newest was; unknown where there is none.",
    ),
    form(
        EVENTS,
        "first|last(<event>.<property>) <test>",
        r#"last("Product Viewed".category) = "shoes""#,
        "A property of the oldest or newest.",
    ),
    form(
        EVENTS,
        "most frequent(<event>.<property>) <test>",
        r#"most frequent("Product Viewed".category) = "shoes" within 30d"#,
        "The commonest value; of several equally common ones the smallest.",
    ),
    form(
        ORDER,
        "did <event> then <event> [within <length>]",
        r#"did "Product Added" then "Order Completed" within 1d"#,
        "The second strictly after the first, at most so long after it; up to 16 steps.",
    ),
    form(
        ORDER,
        "then (<event> where <filter>)",
        r#"did("Product Viewed" where category = "shoes") then ("Order Completed" where value > 50)"#,
        "A step with a filter.",
    ),
    form(
        ORDER,
        "then <event> without <event> between",
        r#"did "Product Added" then "Order Completed" without "Email Clicked" between"#,
        "None of these lies between the two steps.",
    ),
    form(
        ORDER,
        "… taking at most <length>",
        r#"did "Product Viewed" then "Product Added" then "Order Completed" taking at most 7d"#,
        "From the first step to the last.",
    ),
    form(
        ORDER,
        "… all <window>",
        r#"did "Product Added" then "Order Completed" within 1d all within 60d"#,
        "Every step lies in the window.",
    ),
    form(
        PEOPLE,
        "lifecycle <test>",
        r#"lifecycle in ("loyal", "customer")"#,
        "The lifecycle stage; unknown where no stage fits.",
    ),
    form(
        PEOPLE,
        "intent <test>",
        r#"intent = "considering""#,
        "The intent of the running session; unknown outside one.",
    ),
    form(
        PEOPLE,
        "last session(<filter>)",
        r#"last session(device = "mobile" and country = "DE")"#,
        "What the newest visit's events say, the latest value of each property; unknown without a visit.",
    ),
    form(
        PEOPLE,
        "any session(<filter>) [<window>]",
        r#"any session(device = "tablet") within 30d"#,
        "At least one visit was so; it counts when it began.",
    ),
    form(
        PEOPLE,
        "sessions([<filter>]) >= <n> [<window>]",
        "sessions() >= 3 within 7d",
        "How many visits there were; half an hour's pause ends one.",
    ),
    form(
        PEOPLE,
        "season <test>",
        r#"season = "winter""#,
        "The time of year where the person lives; unknown without a country.",
    ),
    form(
        PEOPLE,
        "has been <rule> for <length>",
        r#"has been lifecycle = "lapsing" for 14d"#,
        "It held at every look back: hourly up to two days, daily beyond; unknown where the past is not known.",
    ),
    form(
        PEOPLE,
        "quintile(<measure>) >= <n>",
        r#"quintile(sum("Order Completed".value) within 180d) >= 4"#,
        "The fifth of people ordered by a trait, did, sum, first, last and so on, 1 the lowest; also quartile, decile, percentile, the highest band being the top even of few; unknown for people without one.",
    ),
    form(
        PEOPLE,
        "bucket(<salt>) < <n> percent",
        r#"bucket("spring") < 10 percent"#,
        "A random cut that stays the same for each person; another salt cuts anew.",
    ),
    form(
        CONTACT,
        "consent(<channel>, <purpose>) = <state>",
        "consent(email, marketing) = granted",
        "The most restrictive consent over the person's addresses.",
    ),
    form(
        CONTACT,
        "suppressed(<channel>) [= <reason>]",
        "suppressed(email) = bounced",
        "Contact is blocked, for this reason or any.",
    ),
    form(
        CONTACT,
        "received|opened|clicked(<channel>)",
        "received(email) >= 3 within 7d",
        "Messages that arrived, were opened or clicked; sent ones where no arrivals are told.",
    ),
    form(
        CONTACT,
        "answered(<survey>) [where <filter>]",
        r#"answered("Purchase" where score >= 4) within 90d"#,
        "Answers to a survey.",
    ),
    form(
        SETS,
        "in segment <name>",
        r#"in segment "VIP" and not in segment "Staff""#,
        "Membership of another segment; being unknown to it is being out.",
    ),
    form(SETS, "in list <name>", r#"in list "Press""#, "Membership of a list of people."),
    form(
        SETS,
        "in journey <name> [at <step>]",
        r#"in journey "Welcome" at "Wait two days""#,
        "Inside a journey now; unknown where no journeys are told.",
    ),
    form(
        SETS,
        "entered|left journey <name> [<window>]",
        r#"entered journey "Welcome" within 30d"#,
        "When the latest passage began or ended.",
    ),
    form(
        SETS,
        "in experiment <name> [variant <name>]",
        r#"in experiment "Subject line" variant "b""#,
        "Counts in the experiment, in this variant or any; unknown where no exposures are told.",
    ),
];

/// The table as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from("| form | example | meaning |\n|---|---|---|\n");
    for form in FORMS {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ⏎ ");
        let line = format!("| `{}` | `{}` | {} |\n", cell(form.form), cell(form.example), cell(form.meaning));
        out.push_str(&line);
    }
    out
}

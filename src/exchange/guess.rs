//! A mapping from headers alone, for files nobody described. It is shown before it is used, and saved to be edited.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use super::dates::{FormatEvidence, FormatVerdict};
use super::mapping::{
    ConsentColumn, EventColumns, Field, Group, Mapping, MappingKind, TimeColumns, TypedField,
};
use super::numbers::SignEvidence;
use super::sniff::TableShape;
use crate::model::consent::Purpose;
use crate::model::{Channel, Problem, ValueType};

const USER: &[&str] = &[
    "userid",
    "customerid",
    "profileid",
    "user",
    "customer",
    "memberid",
    "clientid",
    "contactid",
    "custid",
    "personid",
    "kundennummer",
    "kundenid",
    "kundennr",
    "customernumber",
    "customerno",
    "numeroclient",
];
const EMAIL: &[&str] =
    &["email", "emailaddress", "mail", "emailadresse", "customeremail", "useremail", "adresseemail"];
const PHONE: &[&str] = &["phone", "phonenumber", "mobile", "telefon", "mobilephone", "telephone", "handy"];
const ANONYMOUS: &[&str] = &["anonymousid", "visitorid", "cookieid", "userpseudoid", "visitor", "uuid"];
const DEVICE: &[&str] = &["deviceid", "device_id", "advertisingid"];
const SESSION: &[&str] = &["sessionid", "session"];
const TIME: &[&str] = &[
    "timestamp",
    "ts",
    "eventtime",
    "eventtimestamp",
    "time",
    "datetime",
    "occurredat",
    "happenedat",
    "at",
    "eventdate",
    "orderdate",
    "invoicedate",
    "date",
    "createdat",
    "orderedat",
    "processedat",
    "paidat",
    "datum",
    "zeitpunkt",
    "bestelldatum",
    "tsms",
    "timestampms",
];
const TIME_AGAIN: &[&str] = &["tsms", "timestampms", "epoch", "unixtime", "epochms"];
const RECEIVED: &[&str] = &["receivedat", "received", "ingestedat"];
const UPDATED: &[&str] = &["updatedat", "lastchanged", "modifiedat", "lastmodified"];
const EVENT: &[&str] = &["event", "eventname", "eventtype", "action", "activity", "ereignis"];
const EVENT_WEAK: &[&str] = &["name", "type"];
const EVENT_ID: &[&str] = &["eventid", "messageid", "eventuuid"];
const ORDER: &[&str] = &[
    "orderid",
    "invoiceno",
    "invoice",
    "ordernumber",
    "orderno",
    "invoicenumber",
    "invoiceid",
    "bestellnummer",
    "bestellnr",
    "transactionid",
    "order",
];
const TOTAL: &[&str] = &[
    "total",
    "ordertotal",
    "grandtotal",
    "totalamount",
    "totalprice",
    "amount",
    "gesamtbetrag",
    "gesamtsumme",
    "gesamtpreis",
    "gesamt",
    "betrag",
    "summe",
    "umsatz",
];
const SEQUENCE: &[&str] = &["sequence", "seq", "eventnumber", "sequencenumber"];
const CHANNEL: &[&str] = &["channel", "platform", "kanal"];
const CURRENCY: &[&str] = &["currency", "currencycode", "waehrung", "währung"];

/// Line-level columns and what they are called as items.
const ITEMS: &[(&str, &str)] = &[
    ("sku", "sku"),
    ("stockcode", "sku"),
    ("lineitemsku", "sku"),
    ("articleno", "sku"),
    ("artikelnummer", "sku"),
    ("productid", "product_id"),
    ("itemid", "product_id"),
    ("productname", "name"),
    ("itemname", "name"),
    ("lineitemname", "name"),
    ("description", "name"),
    ("artikel", "name"),
    ("quantity", "quantity"),
    ("qty", "quantity"),
    ("lineitemquantity", "quantity"),
    ("menge", "quantity"),
    ("anzahl", "quantity"),
    ("price", "price"),
    ("unitprice", "price"),
    ("lineitemprice", "price"),
    ("preis", "price"),
    ("einzelpreis", "price"),
    ("category", "category"),
    ("productcategory", "category"),
    ("brand", "brand"),
    ("variant", "variant"),
];

const CONSENT: &[(&str, Channel)] = &[
    ("consentemail", Channel::Email),
    ("emailconsent", Channel::Email),
    ("emailoptin", Channel::Email),
    ("optinemail", Channel::Email),
    ("acceptsmarketing", Channel::Email),
    ("acceptsemailmarketing", Channel::Email),
    ("emailmarketingconsent", Channel::Email),
    ("newsletter", Channel::Email),
    ("optin", Channel::Email),
    ("consentsms", Channel::Sms),
    ("smsconsent", Channel::Sms),
    ("smsoptin", Channel::Sms),
    ("acceptssmsmarketing", Channel::Sms),
    ("consentpush", Channel::Push),
    ("pushconsent", Channel::Push),
    ("pushoptin", Channel::Push),
];

/// Words at the end of a header that make its digits a name rather than a quantity.
const NAMES_NOT_NUMBERS: &[&str] =
    &["id", "sku", "zip", "zipcode", "code", "plz", "phone", "postalcode", "number", "no", "nr", "ip"];

/// Words that make a column an amount, which must be exact or rejected.
const AMOUNTS: &[&str] = &[
    "price", "revenue", "total", "value", "amount", "spend", "spent", "cost", "tax", "shipping", "discount",
    "ltv",
];

/// A mapping from headers and the first rows.
///
/// # Errors
/// The headers do not say what a row is.
pub fn guess(table: &TableShape, wanted: Option<MappingKind>) -> Result<Mapping, Problem> {
    let columns = Columns::of(table);
    match wanted.or_else(|| columns.kind()) {
        Some(MappingKind::Events) => columns.events(),
        Some(MappingKind::Profiles) => columns.profiles(),
        None => Err(Problem::new("mapping-needed", "the column names do not say what a row is")
            .help(format!(
                "write a mapping and give it with --map, or say --as events, profiles or experiment; the columns are: {}",
                table.header.join(", ")
            ))
            .at_line(1)),
    }
}

struct Columns<'a> {
    table: &'a TableShape,
    plain: Vec<String>,
}

impl<'a> Columns<'a> {
    fn of(table: &'a TableShape) -> Self {
        Self { table, plain: table.header.iter().map(|name| plain(name)).collect() }
    }

    fn find(&self, words: &[&str]) -> Option<usize> {
        words.iter().find_map(|word| self.plain.iter().position(|name| name == word))
    }

    fn name(&self, index: usize) -> String {
        self.table.header.get(index).cloned().unwrap_or_default()
    }

    fn named(&self, words: &[&str]) -> Option<String> {
        self.find(words).map(|index| self.name(index))
    }

    fn time(&self) -> Option<usize> {
        self.candidates(TIME).find(|index| self.is_time(*index)).or_else(|| self.find(TIME))
    }

    fn candidates(&self, words: &'static [&'static str]) -> impl Iterator<Item = usize> + '_ {
        words.iter().filter_map(|word| self.plain.iter().position(|name| name == word))
    }

    fn is_time(&self, index: usize) -> bool {
        let mut evidence = FormatEvidence::default();
        self.table.column(index).for_each(|cell| evidence.see(cell));
        evidence.verdict() != FormatVerdict::NoTime
    }

    /// The column of the order's number. Shopify calls it `Name`, beside columns of the line items.
    fn order(&self) -> Option<usize> {
        let shopify = || self.find(&["lineitemquantity"]).and_then(|_| self.find(&["name"]));
        self.find(ORDER).or_else(shopify)
    }

    /// A column that is only called `name` or `type` names events if its cells begin with a letter.
    fn weak_name(&self) -> Option<usize> {
        let in_words =
            |index: &usize| self.table.column(*index).all(|cell| cell.starts_with(char::is_alphabetic));
        self.find(EVENT_WEAK).filter(in_words)
    }

    fn repeats(&self, index: usize) -> bool {
        let cells: Vec<&str> = self.table.column(index).filter(|cell| !cell.is_empty()).collect();
        let distinct: HashSet<&str> = cells.iter().copied().collect();
        distinct.len() < cells.len()
    }

    fn kind(&self) -> Option<MappingKind> {
        let person = self.find(USER).or(self.find(EMAIL)).or(self.find(PHONE)).or(self.find(ANONYMOUS));
        let event = self.find(EVENT).is_some() || self.find(EVENT_ID).is_some() || self.order().is_some();
        let named = self.weak_name().is_some() && person.is_some_and(|index| self.repeats(index));
        match self.time() {
            Some(_) if event || named => Some(MappingKind::Events),
            None if self.find(EVENT).is_some() => Some(MappingKind::Events),
            _ if person.is_some() && !event => Some(MappingKind::Profiles),
            _ => None,
        }
    }

    /// A readable stand-in for the source: exports with the same columns are the same source until a person says more.
    fn source(&self, kind: &str) -> String {
        let mut names = self.plain.clone();
        names.sort();
        format!("{kind}-{:08x}", xxh3_64(names.join("\u{1f}").as_bytes()) as u32)
    }

    fn identities(&self, mapping: &mut Mapping, used: &mut HashSet<usize>) {
        for (namespace, words) in [
            ("user_id", USER),
            ("email", EMAIL),
            ("phone", PHONE),
            ("anonymous_id", ANONYMOUS),
            ("device_id", DEVICE),
            ("session_id", SESSION),
        ] {
            if let Some(index) = self.find(words).filter(|index| used.insert(*index)) {
                mapping.identity.insert(namespace.to_owned(), self.name(index));
            }
        }
    }

    fn events(&self) -> Result<Mapping, Problem> {
        let mut mapping = Mapping::new(MappingKind::Events, self.source("events"));
        let mut used = HashSet::new();
        let Some(time) = self.time() else {
            return Err(Problem::new("mapping-no-time", "no column says when something happened")
                .help("name one `timestamp`, or write a mapping with [time] and give it with --map")
                .at_line(1));
        };
        used.insert(time);
        let received = self.find(RECEIVED).filter(|index| used.insert(*index)).map(|index| self.name(index));
        mapping.time =
            Some(TimeColumns { column: Some(self.name(time)), received, ..TimeColumns::default() });
        let order = self.order();
        let name = self.find(EVENT).or_else(|| self.weak_name().filter(|_| order.is_none()));
        // A row that is named by nothing but an order is that order, or a line of it: next month's export may say it anew.
        let grouped = order.filter(|_| name.is_none());
        let mut event = EventColumns::default();
        match name {
            Some(index) => {
                used.insert(index);
                event.column = Some(self.name(index));
            }
            None if order.is_some() => event.name = Some("Order Completed".to_owned()),
            None => {
                return Err(Problem::new("mapping-no-event", "no column says what happened")
                    .help("name one `event`, or write a mapping with [event] name and give it with --map")
                    .at_line(1));
            }
        }
        if let Some(index) = self.find(CHANNEL).filter(|index| used.insert(*index)) {
            event.channel_column = Some(self.name(index));
        }
        if let Some(index) = self.find(EVENT_ID).filter(|index| grouped.is_none() && used.insert(*index)) {
            event.id = Some(self.name(index));
        }
        event.sequence =
            self.find(SEQUENCE).filter(|index| used.insert(*index)).map(|index| self.name(index));
        mapping.event = Some(event);
        self.identities(&mut mapping, &mut used);
        self.leave_out_repeated_times(&mut mapping, &mut used);
        if let Some(index) = grouped {
            self.group(index, &mut mapping, &mut used);
            self.total(&mut mapping, &mut used);
        }
        if let Some(index) = self.find(CURRENCY).filter(|index| used.insert(*index)) {
            mapping.properties.insert("currency".to_owned(), Field::Column(self.name(index)));
        }
        self.fields(&used).for_each(|(name, field)| {
            let name = free_name(&name, |name| mapping.properties.contains_key(name));
            mapping.properties.insert(name, field);
        });
        Ok(mapping)
    }

    fn leave_out_repeated_times(&self, mapping: &mut Mapping, used: &mut HashSet<usize>) {
        for index in self.candidates(TIME_AGAIN).collect::<Vec<_>>() {
            if used.insert(index) {
                mapping.ignore.push(self.name(index));
            }
        }
    }

    fn group(&self, by: usize, mapping: &mut Mapping, used: &mut HashSet<usize>) {
        let mut group = Group { by: self.name(by), items: Default::default(), totals: Default::default() };
        for (word, item) in ITEMS {
            let found = self.find(&[word]).filter(|index| !used.contains(index));
            if let Some(index) = found.filter(|_| !group.items.contains_key(*item)) {
                used.insert(index);
                group.items.insert((*item).to_owned(), self.field(index));
            }
        }
        let number =
            |name: &str| group.items.get(name).is_some_and(|field| field.value_type() == ValueType::Number);
        if number("quantity") && number("price") {
            group.totals.insert("revenue".to_owned(), vec!["quantity".to_owned(), "price".to_owned()]);
        }
        used.insert(by);
        mapping.properties.insert("order_id".to_owned(), Field::Column(self.name(by)));
        mapping.group = Some(group);
    }

    /// What an order came to, under the name rules and panels know it by. A cell that is no number is rejected.
    fn total(&self, mapping: &mut Mapping, used: &mut HashSet<usize>) {
        let Some(index) = self.find(TOTAL).filter(|index| used.insert(*index)) else { return };
        let column = self.name(index);
        let field = TypedField { column, value_type: ValueType::Number, decimal: None, format: None };
        mapping.properties.insert("total".to_owned(), Field::Typed(field));
    }

    fn profiles(&self) -> Result<Mapping, Problem> {
        let mut mapping = Mapping::new(MappingKind::Profiles, self.source("profiles"));
        let mut used = HashSet::new();
        self.identities(&mut mapping, &mut used);
        if mapping.identity.is_empty() {
            return Err(Problem::new("mapping-no-identity", "no column says who a row is about")
                .help("name one `email` or `user_id`, or write a mapping with [identity] and give it with --map")
                .at_line(1));
        }
        if let Some(column) = self.named(UPDATED) {
            mapping.time = Some(TimeColumns { column: Some(column), ..TimeColumns::default() });
        }
        for (word, channel) in CONSENT {
            if let Some(index) = self.find(&[word]).filter(|index| used.insert(*index)) {
                mapping.consent.push(ConsentColumn {
                    column: self.name(index),
                    channel: *channel,
                    purpose: Purpose::Marketing,
                });
            }
        }
        self.fields(&used).for_each(|(name, field)| {
            let name = free_name(&name, |name| mapping.traits.contains_key(name));
            mapping.traits.insert(name, field);
        });
        Ok(mapping)
    }

    /// Every column nobody has claimed, as a property or trait.
    fn fields(&self, used: &HashSet<usize>) -> impl Iterator<Item = (String, Field)> {
        (0..self.table.header.len())
            .filter(|index| !used.contains(index))
            .map(|index| (snake(&self.name(index)), self.field(index)))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn field(&self, index: usize) -> Field {
        let column = self.name(index);
        let value_type = self.value_type(index);
        if value_type == ValueType::Text {
            return Field::Column(column);
        }
        Field::Typed(TypedField { column, value_type, decimal: None, format: None })
    }

    fn value_type(&self, index: usize) -> ValueType {
        let (mut numbers, mut times) = (SignEvidence::default(), FormatEvidence::default());
        let (mut flags, mut filled, mut zeros) = (0, 0, 0);
        for cell in self.table.column(index).filter(|cell| !cell.is_empty()) {
            filled += 1;
            flags += usize::from(super::plan::flag(cell).is_some_and(|_| !cell.starts_with(['0', '1'])));
            zeros += usize::from(
                cell.len() > 1 && cell.starts_with('0') && cell.bytes().all(|b| b.is_ascii_digit()),
            );
            numbers.see(cell);
            times.see(cell);
        }
        let words = words(&self.name(index));
        let is_name = is_name(&words);
        if filled == 0 {
            ValueType::Text
        } else if flags == filled {
            ValueType::Flag
        } else if numbers.are_numbers() && zeros == 0 && !is_name {
            let amount = words.iter().any(|word| AMOUNTS.contains(&word.as_str()));
            if numbers.are_too_fine() && !amount { ValueType::Text } else { ValueType::Number }
        } else if !numbers.are_numbers() && times.verdict() != FormatVerdict::NoTime {
            ValueType::Time
        } else {
            ValueType::Text
        }
    }
}

/// Whether the words of a header say that its digits are a name rather than a quantity.
fn is_name(words: &[String]) -> bool {
    words.last().is_some_and(|word| NAMES_NOT_NUMBERS.contains(&word.as_str()))
}

/// Whether a column of this name holds quantities, if it holds digits.
pub(super) fn counts(name: &str) -> bool {
    !is_name(&words(name))
}

fn free_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut free = name.to_owned();
    let mut copy = 1;
    while taken(&free) {
        copy += 1;
        free = format!("{name}_{copy}");
    }
    free
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a header: `Unit Price`, `unitPrice` and `unit_price` alike.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last_lower = false;
    for c in name.chars() {
        let starts = c.is_uppercase() && last_lower;
        if (starts || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        last_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn snake(name: &str) -> String {
    let joined = words(name).join("_");
    if joined.is_empty() { "column".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_property_names() {
        assert_eq!(snake("page 1 (main category)"), "page_1_main_category");
        assert_eq!(snake("UnitPrice"), "unit_price");
        assert_eq!(snake("history_segment"), "history_segment");
        assert_eq!(snake("InvoiceNo"), "invoice_no");
        assert_eq!(snake("%"), "column");
    }
}

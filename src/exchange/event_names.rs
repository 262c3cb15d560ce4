//! The names of events. Known words of other systems become the Segment specification's; everything else is kept as it
//! is.

use crate::model::Channel;
use crate::model::consent::SuppressionReason;

/// Other systems' word, in lower case and without separators, and the Segment specification's.
const SYNONYMS: [(&str, &str); 65] = [
    // GA4
    ("viewitem", "Product Viewed"),
    ("viewitemlist", "Product List Viewed"),
    ("selectitem", "Product Clicked"),
    ("addtowishlist", "Product Added to Wishlist"),
    ("addtocart", "Product Added"),
    ("removefromcart", "Product Removed"),
    ("viewcart", "Cart Viewed"),
    ("begincheckout", "Checkout Started"),
    ("addshippinginfo", "Checkout Step Completed"),
    ("addpaymentinfo", "Payment Info Entered"),
    ("purchase", "Order Completed"),
    ("refund", "Order Refunded"),
    ("viewpromotion", "Promotion Viewed"),
    ("selectpromotion", "Promotion Clicked"),
    ("viewsearchresults", "Products Searched"),
    ("search", "Products Searched"),
    ("signup", "Signed Up"),
    ("login", "Signed In"),
    ("pageview", "Page Viewed"),
    ("screenview", "Screen Viewed"),
    ("generatelead", "Lead Generated"),
    // Shopify web pixels and Klaviyo
    ("productviewed", "Product Viewed"),
    ("viewedproduct", "Product Viewed"),
    ("collectionviewed", "Product List Viewed"),
    ("productaddedtocart", "Product Added"),
    ("addedtocart", "Product Added"),
    ("productremovedfromcart", "Product Removed"),
    ("cartviewed", "Cart Viewed"),
    ("checkoutstarted", "Checkout Started"),
    ("startedcheckout", "Checkout Started"),
    ("checkoutcompleted", "Order Completed"),
    ("paymentinfosubmitted", "Payment Info Entered"),
    ("searchsubmitted", "Products Searched"),
    ("placedorder", "Order Completed"),
    ("orderplaced", "Order Completed"),
    ("ordercreated", "Order Completed"),
    ("ordercompleted", "Order Completed"),
    ("refundedorder", "Order Refunded"),
    ("orderrefunded", "Order Refunded"),
    ("cancelledorder", "Order Cancelled"),
    ("ordercancelled", "Order Cancelled"),
    ("ordercanceled", "Order Cancelled"),
    // Mail tools
    ("openedemail", "Email Opened"),
    ("emailopened", "Email Opened"),
    ("emailopen", "Email Opened"),
    ("clickedemail", "Email Link Clicked"),
    ("emailclicked", "Email Link Clicked"),
    ("emaillinkclicked", "Email Link Clicked"),
    ("emailclick", "Email Link Clicked"),
    ("receivedemail", "Email Delivered"),
    ("emaildelivered", "Email Delivered"),
    ("bouncedemail", "Email Bounced"),
    ("emailbounced", "Email Bounced"),
    ("markedemailasspam", "Email Marked as Spam"),
    ("emailmarkedasspam", "Email Marked as Spam"),
    ("unsubscribed", "Unsubscribed"),
    ("unsubscribedfromemailmarketing", "Unsubscribed"),
    // Tools for experiments
    ("experimentviewed", "Experiment Viewed"),
    ("viewedexperiment", "Experiment Viewed"),
    ("experimentstarted", "Experiment Viewed"),
    // Plain words of clickstreams
    ("view", "Product Viewed"),
    ("productview", "Product Viewed"),
    ("cart", "Product Added"),
    ("transaction", "Order Completed"),
    ("productadded", "Product Added"),
];

/// The name an event is kept under.
#[must_use]
pub fn canonical(name: &str) -> &str {
    let mut plain = [0_u8; 32];
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(slot) = plain.get_mut(length) else { return name };
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    let plain = plain.get(..length).unwrap_or_default();
    // A name in another alphabet has no plain form to look up.
    if !name.is_ascii() {
        return name;
    }
    SYNONYMS.iter().find(|(other, _)| other.as_bytes() == plain).map_or(name, |(_, ours)| ours)
}

/// What an event of this name says about being contacted again.
#[must_use]
pub fn suppresses(name: &str) -> Option<SuppressionReason> {
    match name {
        "Unsubscribed" => Some(SuppressionReason::Unsubscribed),
        "Email Bounced" => Some(SuppressionReason::Bounced),
        "Email Marked as Spam" => Some(SuppressionReason::Complained),
        _ => None,
    }
}

/// The channel that is closed by such an event: the one it happened on where messages go there, else e-mail.
#[must_use]
pub fn suppressed_channel(channel: Channel) -> Channel {
    match channel {
        Channel::Sms | Channel::Push => channel,
        _ => Channel::Email,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_systems_words_become_the_specifications() {
        for (theirs, ours) in [
            ("view_item", "Product Viewed"),
            ("add_to_cart", "Product Added"),
            ("addtocart", "Product Added"),
            ("purchase", "Order Completed"),
            ("Placed Order", "Order Completed"),
            ("Email Clicked", "Email Link Clicked"),
            ("product viewed", "Product Viewed"),
            ("Order Completed", "Order Completed"),
            ("Trial Started", "Trial Started"),
            ("ärger view", "ärger view"),
        ] {
            assert_eq!(canonical(theirs), ours, "{theirs}");
        }
    }

    #[test]
    fn the_specifications_own_names_stay() {
        assert!(SYNONYMS.iter().all(|(_, ours)| canonical(ours) == *ours));
    }
}

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

/// Where an event of this name happens, when its source does not say: looking round a shop happens on its site, opening an
/// application in it, a message's fate on the message's channel. An order may be placed anywhere, and so may most else.
#[must_use]
pub fn happens_on(name: &str) -> Option<Channel> {
    match name {
        "Page Viewed"
        | "Product Viewed"
        | "Product Clicked"
        | "Product Shared"
        | "Product List Viewed"
        | "Product List Filtered"
        | "Products Searched"
        | "Product Added"
        | "Product Removed"
        | "Product Added to Wishlist"
        | "Product Removed from Wishlist"
        | "Wishlist Product Added to Cart"
        | "Promotion Viewed"
        | "Promotion Clicked"
        | "Cart Viewed"
        | "Cart Shared"
        | "Checkout Started"
        | "Checkout Step Viewed"
        | "Checkout Step Completed"
        | "Payment Info Entered"
        | "Coupon Entered"
        | "Coupon Applied"
        | "Coupon Denied"
        | "Coupon Removed" => Some(Channel::Web),
        "Screen Viewed"
        | "Application Installed"
        | "Application Opened"
        | "Application Updated"
        | "Application Foregrounded"
        | "Application Backgrounded" => Some(Channel::App),
        "Email Sent"
        | "Email Delivered"
        | "Email Opened"
        | "Email Link Clicked"
        | "Email Bounced"
        | "Email Marked as Spam" => Some(Channel::Email),
        "SMS Sent" | "SMS Delivered" | "SMS Link Clicked" => Some(Channel::Sms),
        "Push Notification Sent"
        | "Push Notification Received"
        | "Push Notification Tapped"
        | "Push Notification Bounced" => Some(Channel::Push),
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
    fn a_name_says_where_it_happens_only_where_it_cannot_happen_elsewhere() {
        for (name, channel) in [
            ("Product Viewed", Some(Channel::Web)),
            ("Screen Viewed", Some(Channel::App)),
            ("Email Opened", Some(Channel::Email)),
            ("Order Completed", None),
            ("Unsubscribed", None),
            ("Trial Started", None),
        ] {
            assert_eq!(happens_on(name), channel, "{name}");
            assert_eq!(canonical(name), name, "the table is of the names events are kept under");
        }
    }

    #[test]
    fn the_specifications_own_names_stay() {
        assert!(SYNONYMS.iter().all(|(_, ours)| canonical(ours) == *ours));
    }
}

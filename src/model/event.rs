//! Something that happened, as it arrives from outside and as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Channel, Identity, Time, Value};

/// An event. Rules see it through coded columns; this is the form that crosses the edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened.
    pub at: Time,
    /// When we learned of it.
    pub received: Time,
    /// Order among events of the same instant.
    pub sequence: i64,
    /// The name, in the Segment spec's words where it has one: `Product Viewed`, `Order Completed`.
    pub name: String,
    /// Where it happened.
    pub channel: Channel,
    /// The identity it arrived with, if any. Never rewritten by a merge.
    pub identity: Option<Identity>,
    /// Properties by name; nested objects are flattened with dots.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Value>,
    /// Order lines or list entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
}

/// One line of an event with several, such as a product in an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Item {
    /// Properties of the line: `product_id`, `category`, `price`, `quantity`.
    pub properties: BTreeMap<String, Value>,
}

/// Properties that tell in which surroundings an event happened: on which device, in which language, where. An import fills
/// them from what a message says of its context; a rule may name them before the first event has one.
pub const SETTING: [&str; 7] = ["device", "os", "locale", "timezone", "country", "region", "city"];

/// Event names of the Segment specification that the rooms refer to.
pub mod names {
    /// A product page was seen.
    pub const PRODUCT_VIEWED: &str = "Product Viewed";
    /// A category or list page was seen.
    pub const PRODUCT_LIST_VIEWED: &str = "Product List Viewed";
    /// Something was put into the cart.
    pub const PRODUCT_ADDED: &str = "Product Added";
    /// Something was taken out of the cart.
    pub const PRODUCT_REMOVED: &str = "Product Removed";
    /// The cart was looked at.
    pub const CART_VIEWED: &str = "Cart Viewed";
    /// Checkout began.
    pub const CHECKOUT_STARTED: &str = "Checkout Started";
    /// A coupon was taken off an order.
    pub const COUPON_APPLIED: &str = "Coupon Applied";
    /// Payment details were entered.
    pub const PAYMENT_INFO_ENTERED: &str = "Payment Info Entered";
    /// An order was placed.
    pub const ORDER_COMPLETED: &str = "Order Completed";
    /// An order, or part of it, was paid back.
    pub const ORDER_REFUNDED: &str = "Order Refunded";
    /// A page was seen.
    pub const PAGE_VIEWED: &str = "Page Viewed";
    /// An e-mail arrived.
    pub const EMAIL_DELIVERED: &str = "Email Delivered";
    /// An e-mail was opened, by a person or a machine.
    pub const EMAIL_OPENED: &str = "Email Opened";
    /// A link in an e-mail was clicked.
    pub const EMAIL_CLICKED: &str = "Email Link Clicked";
    /// A text message arrived.
    pub const SMS_DELIVERED: &str = "SMS Delivered";
    /// A link in a text message was clicked.
    pub const SMS_CLICKED: &str = "SMS Link Clicked";
    /// A push notification arrived.
    pub const PUSH_DELIVERED: &str = "Push Notification Received";
    /// A push notification was tapped.
    pub const PUSH_CLICKED: &str = "Push Notification Tapped";
    /// An ad was shown.
    pub const AD_DELIVERED: &str = "Ad Shown";
    /// An ad was clicked.
    pub const AD_CLICKED: &str = "Ad Clicked";
    /// A message of another channel arrived.
    pub const MESSAGE_DELIVERED: &str = "Message Delivered";
    /// A message of another channel was opened.
    pub const MESSAGE_OPENED: &str = "Message Opened";
    /// A message of another channel was clicked.
    pub const MESSAGE_CLICKED: &str = "Message Clicked";
    /// A person asked not to be written to.
    pub const UNSUBSCRIBED: &str = "Unsubscribed";
    /// A survey was answered.
    pub const SURVEY_ANSWERED: &str = "Survey Answered";
    /// A unit was shown a variant.
    pub const EXPERIMENT_VIEWED: &str = "Experiment Viewed";
}

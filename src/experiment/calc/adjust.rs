//! p-values of several comparisons within their family.

use serde::Serialize;
use serde_json::Value;

use super::fields::{Fields, problem};
use crate::model::Problem;
use crate::stats::correction;

/// The answer to a question about a family of p-values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adjusted {
    /// The line's own id.
    pub id: Value,
    /// The adjusted p-values in the order of the input; null where a comparison has none.
    pub adjusted: Vec<Option<f64>>,
    /// What to mind.
    pub cautions: Vec<String>,
}

type Read<T> = Result<T, Box<Problem>>;

#[derive(Clone, Copy)]
enum Method {
    Holm,
    BenjaminiHochberg,
}

/// Answers a line. A comparison without a p-value still counts as a member of the family.
pub(super) fn answer(fields: &Fields<'_>, id: Value) -> Read<Adjusted> {
    let methods = [
        ("holm", Method::Holm),
        ("benjamini-hochberg", Method::BenjaminiHochberg),
        ("bh", Method::BenjaminiHochberg),
        ("fdr_bh", Method::BenjaminiHochberg),
    ];
    let method = fields.word("method", &methods)?.unwrap_or(Method::Holm);
    let list = fields.list("p_values")?.ok_or_else(|| fields.missing("p_values"))?;
    let p_values = list.iter().map(p_value).collect::<Read<Vec<Option<f64>>>>()?;
    let members: Vec<f64> = p_values.iter().map(|p| p.unwrap_or(1.0)).collect();
    let adjusted = match method {
        Method::Holm => correction::holm(&members),
        Method::BenjaminiHochberg => correction::benjamini_hochberg(&members),
    };
    let adjusted = p_values.iter().zip(adjusted).map(|(p, adjusted)| p.map(|_| adjusted)).collect();
    Ok(Adjusted { id, adjusted, cautions: fields.ignored() })
}

fn p_value(value: &Value) -> Read<Option<f64>> {
    if value.is_null() {
        return Ok(None);
    }
    let p = value.as_f64().filter(|p| (0.0..=1.0).contains(p));
    p.map(Some).ok_or_else(|| problem("bad-p-value", "p_values are numbers from 0 to 1, or null".to_owned()))
}

//! What screens are made of: words, figures, frames, charts, tables. None of them keeps state.

pub(crate) mod bar;
pub(crate) mod chart;
pub(crate) mod curves;
pub(crate) mod frame;
pub(crate) mod graph;
pub(crate) mod grid;
pub(crate) mod history;
pub(crate) mod input;
pub(crate) mod row;
pub(crate) mod table;

//! Stitching: which identities are one person. The map is computed from the identity edges valid at a time; facts are
//! never rewritten, so a merge, an unmerge or a revert is only another map.

pub mod stitch;

pub use stitch::{Map, stitch};

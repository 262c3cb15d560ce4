//! The frame as a whole: what goes in comes out, and everybody at once means the same as one by one.

mod differential;
mod facts;

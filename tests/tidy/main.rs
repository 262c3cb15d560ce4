//! The house stays livable: who may import whom, who may touch what, how large things may grow.

mod house;
mod lex;
mod paths;
mod rooms;
mod sizes;
mod touch;
mod words;

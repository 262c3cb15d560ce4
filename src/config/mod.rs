//! Where things are kept on this platform.

pub mod paths;
pub mod text;
pub mod throwaway;

pub use throwaway::Throwaway;

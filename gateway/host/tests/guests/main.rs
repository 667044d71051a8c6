//! The host with real components: our own plugin, and guests that mean harm or are just broken.

mod broken;
mod cancel;
mod capabilities;
mod connector;
mod guest;
mod hostile;
mod loading;
mod roles;
mod summary;

//! The code that is generated from `wit/`: one module per role, and the imports that they share.
//!
//! Not part of the public API. `types`, `config` and `log` exist once, in [`imports`], so that an
//! event of one role is an event of every role.

#![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]

/// Everything that the host can supply. What a plugin does not call vanishes when it is linked.
pub mod imports {
    wit_bindgen::generate!({
        path: "wit",
        world: "host",
        generate_all,
        runtime_path: "::hookgate_plugin::__private::rt",
        additional_derives: [PartialEq, Eq, Clone],
    });
}

/// Generates the export side of one role: its world, and the name of the macro that exports it.
///
/// The macro must be public: else the world's whole type is attached to this crate, and every
/// plugin would have to export the role.
macro_rules! role {
    ($(#[$doc:meta])* $module:ident, $world:literal, $export:literal, $bindings:literal) => {
        $(#[$doc])*
        pub mod $module {
            wit_bindgen::generate!({
                path: "wit",
                world: $world,
                additional_derives: [PartialEq, Eq, Clone],
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: $bindings,
                runtime_path: "::hookgate_plugin::__private::rt",
                with: {
                    "hookgate:plugin/types@0.1.0": hookgate_plugin::__bindings::imports::hookgate::plugin::types,
                    "hookgate:plugin/config@0.1.0": hookgate_plugin::__bindings::imports::hookgate::plugin::config,
                    "hookgate:plugin/log@0.1.0": hookgate_plugin::__bindings::imports::hookgate::plugin::log,
                },
            });
        }
    };
}

role!(
    /// The role `transform`.
    transform,
    "transformer",
    "__export_transform",
    "hookgate_plugin::__bindings::transform"
);

role!(
    /// The role `route`.
    route,
    "router",
    "__export_route",
    "hookgate_plugin::__bindings::route"
);

role!(
    /// The role `authenticate`.
    authenticate,
    "authenticator",
    "__export_authenticate",
    "hookgate_plugin::__bindings::authenticate"
);

role!(
    /// The role `connect-out`.
    connect_out,
    "connector-out",
    "__export_connect_out",
    "hookgate_plugin::__bindings::connect_out"
);

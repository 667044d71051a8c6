//! The macro that makes a type a plugin.

/// Exports a type as a plugin with one role or several: `export!(Summary: Transform);`, or
/// `export!(Orders: Transform, Route);`.
///
/// The roles are [`Transform`](crate::Transform), [`Route`](crate::Route),
/// [`Authenticate`](crate::Authenticate) and [`Connect`](crate::Connect). In a native build it only
/// checks that the type has them.
#[macro_export]
macro_rules! export {
    ($plugin:ident : $($role:ident),+ $(,)?) => {
        $($crate::__export_role!($plugin: $role);)+
    };
}

/// One role of [`export!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export_role {
    ($plugin:ident : Transform) => {
        $crate::__export_as!($plugin, Transform, TransformGlue, transform, __export_transform);
    };
    ($plugin:ident : Route) => {
        $crate::__export_as!($plugin, Route, RouteGlue, route, __export_route);
    };
    ($plugin:ident : Authenticate) => {
        $crate::__export_as!($plugin, Authenticate, AuthenticateGlue, authenticate, __export_authenticate);
    };
    ($plugin:ident : Connect) => {
        $crate::__export_as!($plugin, Connect, ConnectGlue, connect_out, __export_connect_out);
    };
    ($plugin:ident : $role:ident) => {
        ::core::compile_error!(::core::concat!(
            "no role `",
            ::core::stringify!($role),
            "`; there are: Transform, Route, Authenticate, Connect"
        ));
    };
}

/// The export itself, the same for every role.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_as {
    ($plugin:ident, $role:ident, $glue:ident, $module:ident, $export:ident) => {
        const _: () = {
            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::$glue<$plugin>;
            #[cfg(target_family = "wasm")]
    $crate::__bindings::$module::$export!(Exported with_types_in $crate::__bindings::$module);

            const fn has_the_role<T: $crate::$role>() {}
            has_the_role::<$plugin>();
        };
    };
}

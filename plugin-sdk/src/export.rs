//! The macro that makes a type a plugin.

/// Exports a type as a plugin with a role: `export!(Summary: Transform);`. Once per role.
///
/// In a native build it only checks that the type has the role.
#[macro_export]
macro_rules! export {
    ($plugin:ident : Transform) => {
        const _: () = {
            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::TransformGlue<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::__bindings::transform::__export_transform!(Exported with_types_in $crate::__bindings::transform);

            const fn has_the_role<T: $crate::Transform>() {}
            has_the_role::<$plugin>();
        };
    };
    ($plugin:ident : $role:ident) => {
        ::core::compile_error!(::core::concat!("no role `", ::core::stringify!($role), "`; there is: Transform"));
    };
}

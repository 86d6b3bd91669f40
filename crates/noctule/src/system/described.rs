//! What scenarios and settings say of themselves: a JSON schema, with the feature `schema`.

use serde_json::Value;

/// A type with a JSON schema. With the feature `schema` it is every type that derives
/// `schemars::JsonSchema`, without it every type: who implements [`System`](super::System) or
/// [`Setting`](super::Setting) and means to be built with the feature derives it.
#[cfg(feature = "schema")]
pub trait Described: schemars::JsonSchema {}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> Described for T {}

/// A type with a JSON schema, which in this build, without the feature `schema`, is every type.
#[cfg(not(feature = "schema"))]
pub trait Described {}

#[cfg(not(feature = "schema"))]
impl<T> Described for T {}

/// The schema of a type; null in a build without the feature `schema`.
pub(super) fn schema<T: Described>() -> Value {
    #[cfg(feature = "schema")]
    return schemars::schema_for!(T).to_value();
    #[cfg(not(feature = "schema"))]
    Value::Null
}

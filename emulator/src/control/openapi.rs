//! The description of the door: an `OpenAPI` 3.1 document, made from the types that the operations take and give.

use std::sync::LazyLock;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{error::ControlErrorKind, operations};
use crate::options::Options;

/// The whole document, the same in every process.
pub(crate) fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", describe()));
    &DOCUMENT
}

fn describe() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let paths: Map<String, Value> = operations::ALL
        .iter()
        .map(|operation| {
            (format!("/emulator/control/{}", operation.name), json!({ "post": path(operation, &mut generator) }))
        })
        .collect();
    // Not an operation, but made of the same words: what a configuration file may have beside operations.
    generator.subschema_for::<Options>();
    generator.subschema_for::<ControlErrorKind>();
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Refusal".to_owned(), refusal());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "vipps-emulator",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Everything that steers and reads a running vipps-emulator. For tests only.",
            "description": "One operation for each control and each reading, with JSON in and out. A wrong operation, \
                member, word or type is refused by name and rule, and nothing of it is applied. A configuration file of \
                the program takes the members of `Options`, and operations by name: an object for one call, an array for \
                several.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn path(operation: &operations::Operation, generator: &mut SchemaGenerator) -> Value {
    let about = operation.about.split_whitespace().collect::<Vec<_>>().join(" ");
    let input = (operation.input)(generator);
    let needs_input =
        generator.definitions().get(&reference(&input)).is_some_and(|schema| schema.get("required").is_some());
    let content = |schema: Value| json!({ "application/json": { "schema": schema } });
    let refusal = |about: &str| json!({ "description": about, "content": content(json!({ "$ref": "#/components/schemas/Refusal" })) });
    json!({
        "operationId": operation.name,
        "summary": about,
        "requestBody": { "required": needs_input, "content": content(json!(input)) },
        "responses": {
            "200": { "description": "Done.", "content": content(json!((operation.output)(generator))) },
            "400": refusal("A member is missing, unknown, of the wrong type or out of bounds."),
            "404": refusal("There is no such sales unit, login or person."),
        },
    })
}

fn reference(schema: &schemars::Schema) -> String {
    let path = schema.get("$ref").and_then(Value::as_str).unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn refusal() -> Value {
    json!({
        "type": "object",
        "description": "Why an operation was refused; nothing of it was applied.",
        "properties": {
            "error": { "type": "string", "description": "Member and rule, to be read." },
            "code": { "$ref": "#/components/schemas/ControlErrorKind" },
            "member": { "type": ["string", "null"], "description": "The member that it is about, such as `replies[0].status`." },
            "rule": { "type": "string", "description": "The rule alone." },
        },
        "required": ["error", "code", "member", "rule"],
    })
}

//! The GraphQL schema, made from the table of fields.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::dynamic::{
    Enum, EnumItem, Field as SchemaField, FieldFuture, FieldValue, InputValue, Object,
    ResolverContext, Scalar, Schema, SchemaError, TypeRef,
};
use async_graphql::{Error, ErrorExtensions, ValidationMode};

use crate::call::Calls;
use crate::fields::{self, ArgumentType, FIELDS, Field};
use crate::limits;
use crate::queries::{Budget, Queries, QueryError};

/// The member of an error's `extensions` that marks failures during execution
/// from requests that are not accepted.
pub(crate) const ERROR_CODE: &str = "code";

/// Makes the schema. It has no mutation and no subscription type: GraphQL does
/// not allow types without fields.
pub(crate) fn build(queries: Queries) -> Result<Schema, SchemaError> {
    let queries = Arc::new(queries);
    let json = Scalar::new(fields::JSON_TYPE).description("Any JSON value; takes no selection");
    let order = Enum::new(fields::ORDER_TYPE)
        .item(EnumItem::new(fields::ASCENDING).description("Oldest first"))
        .item(EnumItem::new(fields::DESCENDING).description("Newest first"));
    let query = FIELDS
        .iter()
        .fold(Object::new(fields::QUERY_TYPE), |object, field| {
            object.field(schema_field(field, &queries))
        });
    Schema::build(fields::QUERY_TYPE, None, None)
        .register(json)
        .register(order)
        .register(query)
        // Requests are checked before; the strict mode would refuse the unknown
        // arguments that old clients send.
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(limits::NESTING)
        .finish()
}

fn schema_field(field: &'static Field, queries: &Arc<Queries>) -> SchemaField {
    let json = if field.nullable {
        TypeRef::named(fields::JSON_TYPE)
    } else {
        TypeRef::named_nn(fields::JSON_TYPE)
    };
    let queries = Arc::clone(queries);
    let schema_field = SchemaField::new(field.name, json, move |context| {
        let queries = Arc::clone(&queries);
        FieldFuture::new(async move { resolve(field, &queries, &context).await })
    })
    .description(field.description);
    field
        .arguments
        .iter()
        .fold(schema_field, |schema_field, argument| {
            let kind = match argument.kind {
                ArgumentType::RequiredString => TypeRef::named_nn(TypeRef::STRING),
                ArgumentType::Int => TypeRef::named(TypeRef::INT),
                ArgumentType::Order => TypeRef::named(fields::ORDER_TYPE),
            };
            schema_field
                .argument(InputValue::new(argument.name, kind).description(argument.description))
        })
}

async fn resolve(
    field: &'static Field,
    queries: &Queries,
    context: &ResolverContext<'_>,
) -> Result<Option<FieldValue<'static>>, Error> {
    let call = context.data::<Calls>()?.at(context.ctx.item.pos)?;
    let begin = Instant::now();
    let budget = context.data::<Budget>()?;
    let answer = queries.answer(call, budget).await;
    metrics::histogram!("log_api_field_duration_seconds", "field" => field.name)
        .record(begin.elapsed());
    match answer {
        // Raw JSON passes through the value that this makes as text.
        Ok(Some(json)) => Ok(Some(FieldValue::value(async_graphql::to_value(json)?))),
        Ok(None) => Ok(Some(FieldValue::NULL)),
        Err(error) => Err(failure(field, &error)),
    }
}

/// Logs a failure with its causes and returns the error for the client.
fn failure(field: &Field, error: &QueryError) -> Error {
    tracing::error!(
        graphql.field = field.name,
        "no answer for field `{}`: {}",
        field.name,
        service::error_chain(error)
    );
    let (code, message) = error.public();
    Error::new(message).extend_with(|_, extensions| extensions.set(ERROR_CODE, code))
}

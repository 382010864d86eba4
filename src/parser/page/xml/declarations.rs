//! The internal subset of a document type: its declarations of entities.
//!
//! Declarations of elements, attributes and notations are skipped.

use super::{
    cursor::Cursor,
    entities::{Entities, Entity, character},
    events::NotWellFormed,
};

/// Reads an internal subset after its `[`, up to and including its `]`.
pub(super) fn read(cursor: &mut Cursor<'_>, entities: &mut Entities) -> Result<(), NotWellFormed> {
    loop {
        cursor.spaces();
        if cursor.eat("]") {
            return Ok(());
        } else if cursor.eat("%") {
            cursor.name()?;
            cursor.expect(";")?;
            // Its text is not read, and may declare anything.
            entities.has_unread = true;
        } else if cursor.eat("<!--") {
            cursor.comment()?;
        } else if cursor.eat("<?") {
            cursor.instruction()?;
        } else if cursor.eat("<!ENTITY") {
            entity(cursor, entities)?;
        } else if cursor.eat("<!ELEMENT") || cursor.eat("<!ATTLIST") || cursor.eat("<!NOTATION") {
            cursor.expect_spaces()?;
            skip(cursor)?;
        } else {
            return Err(NotWellFormed);
        }
    }
}

/// Skips the rest of a declaration. A `>` in quotes does not end it.
fn skip(cursor: &mut Cursor<'_>) -> Result<(), NotWellFormed> {
    loop {
        let end = cursor.rest().find(['>', '<', '"', '\'']).ok_or(NotWellFormed)?;
        cursor.take(end);
        if cursor.eat(">") {
            return Ok(());
        }
        cursor.quoted()?;
    }
}

/// Reads the declaration of an entity after its `<!ENTITY`.
fn entity(cursor: &mut Cursor<'_>, entities: &mut Entities) -> Result<(), NotWellFormed> {
    cursor.expect_spaces()?;
    let is_parameter = cursor.eat("%");
    if is_parameter {
        cursor.expect_spaces()?;
    }
    let name = cursor.name()?;
    cursor.expect_spaces()?;
    let entity = match cursor.external()? {
        None => Entity::Internal(replacement(cursor.quoted()?)?),
        Some(_) if cursor.spaces() && cursor.eat("NDATA") => {
            cursor.expect_spaces()?;
            cursor.name()?;
            Entity::Unparsed
        }
        Some(_) => Entity::External,
    };
    cursor.spaces();
    cursor.expect(">")?;
    // After something unread, a processor that does not validate must ignore declarations.
    if !is_parameter && (!entities.has_unread || entities.is_standalone) {
        entities.declare(name, entity);
    }
    Ok(())
}

/// Returns the replacement text of a literal: character references are resolved, others are kept.
fn replacement(literal: &str) -> Result<String, NotWellFormed> {
    if literal.contains('%') {
        return Err(NotWellFormed);
    }
    let mut text = String::with_capacity(literal.len());
    let mut parts = literal.split('&');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, after) = part.split_once(';').ok_or(NotWellFormed)?;
        match name.strip_prefix('#') {
            Some(number) => text.push(character(number)?),
            None => {
                let mut cursor = Cursor::new(name)?;
                cursor.name()?;
                if !cursor.rest().is_empty() {
                    return Err(NotWellFormed);
                }
                text.extend(["&", name, ";"]);
            }
        }
        text.push_str(after);
    }
    Ok(text)
}

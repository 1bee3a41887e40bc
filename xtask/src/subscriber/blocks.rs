//! Finds the parts of a YAML text by their indentation.

use std::ops::Range;

use anyhow::{Context, Result};

/// The lines of a top-level section, such as `Resources`, without its first.
pub(super) fn section(text: &str, name: &str) -> Result<Range<usize>> {
    let head = format!("\n{name}:\n");
    let start = text.find(&head).with_context(|| format!("template.yaml has no {name}"))?;
    let start = start + head.len();
    let lines = text[start..].split_inclusive('\n');
    let length = lines
        .take_while(|line| !line.starts_with(char::is_alphabetic))
        .map(str::len)
        .sum::<usize>();
    Ok(start..start + length)
}

/// The first block within a range of the text whose first line is `is_first`, and the comment
/// above it. A block is its first line and the deeper lines below it, with the blank lines and
/// comments between them. Of the blank lines around it, one is no part of it.
pub(super) fn find_block(
    text: &str,
    within: Range<usize>,
    is_first: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    let lines: Vec<_> = text[within.clone()].split_inclusive('\n').collect();
    let first = lines.iter().position(|line| is_first(line))?;
    let depth = indentation(lines[first]);
    let comment = format!("{}#", " ".repeat(depth));
    let is_heading = |line: &str| line.contains("----");
    let above = lines[..first].iter().rev();
    let comments = above.take_while(|line| line.starts_with(&comment) && !is_heading(line)).count();
    let mut end = first + 1;
    for (at, line) in lines.iter().enumerate().skip(first + 1) {
        let content = line.trim();
        if !content.is_empty() && indentation(line) > depth {
            end = at + 1;
        } else if !content.is_empty() && !content.starts_with('#') {
            break;
        }
    }
    let offset =
        |line: usize| within.start + lines[..line].iter().map(|line| line.len()).sum::<usize>();
    let (start, mut stop) = (offset(first - comments), offset(end));
    if text[..start].ends_with("\n\n") && text[stop..].starts_with('\n') {
        stop += 1;
    }
    Some(start..stop)
}

/// The key at the beginning of a line, which this indentation precedes: `Loyalty` of `  Loyalty:`.
pub(super) fn key<'a>(line: &'a str, indentation: &str) -> Option<&'a str> {
    let (key, rest) = line.strip_prefix(indentation)?.split_once(':')?;
    let is_key = key.chars().all(char::is_alphanumeric) && rest.starts_with([' ', '\n']);
    is_key.then_some(key)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Mappings:
  One:
    Name: 1

# Resources follow.
Resources:
  # ---- Heading ----
  # The first one.
  One: # a comment
    Name: 1

    # Deeper lines follow.
  # Here too.
    Value: 2

  # The other one.
  Other:
    Name: 2
Outputs:
  One: 3
";

    fn block(name: &str) -> String {
        let section = section(TEXT, "Resources").unwrap();
        let block = find_block(TEXT, section, |line| key(line, "  ") == Some(name)).unwrap();
        TEXT[block].to_owned()
    }

    #[test]
    fn section_ends_at_the_next_section() {
        let section = section(TEXT, "Resources").unwrap();
        assert!(TEXT[section.clone()].starts_with("  # ---- Heading"));
        assert!(TEXT[section].ends_with("    Name: 2\n"));
        assert!(super::section(TEXT, "Parameters").is_err());
    }

    #[test]
    fn block_has_blank_lines_and_comments_between_its_lines() {
        let one = block("One");
        assert!(one.starts_with("  # The first one.\n  One: # a comment\n"), "{one}");
        assert!(one.ends_with("  # Here too.\n    Value: 2\n"), "{one}");
        assert_eq!(block("Other"), "  # The other one.\n  Other:\n    Name: 2\n");
    }
}

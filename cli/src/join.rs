//! `kinetograph join`: segments become a movie.

use kinetograph::{ContainerSettings, Segment};

use crate::arguments::{Container, Join};
use crate::{Result, encode, output};

pub fn run(arguments: &Join) -> Result<()> {
    let Join { segments, output, as_given, container } = arguments;
    output::refuse_same(segments.iter().map(|path| &**path), output)?;
    let mut segments = segments.clone();
    if !as_given {
        segments.sort_by(|one, other| encode::natural_order(one, other));
    }
    let settings = settings(container, output);
    let report = kinetograph::join(segments.iter().map(Segment::open), &settings, output)?;
    output::report(report);
    Ok(())
}

fn settings(Container { layout, title, rotation }: &Container, output: &std::path::Path) -> ContainerSettings {
    let settings = ContainerSettings::new().layout(output::layout(*layout, output)).rotation(*rotation);
    match title {
        Some(title) => settings.title(title),
        None => settings,
    }
}

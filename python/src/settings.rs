//! Converts keyword arguments to the settings of the crate.

use std::str::FromStr;
use std::time::SystemTime;

use kinetograph::{ColorSpace, ContainerSettings, Error, FrameRate, Matrix, Primaries, Quality, Range, Settings};
use kinetograph::{Tag, Transfer, Vbv};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::errors::to_python;

/// The names of all settings, for the error about another name.
const NAMES: &str = "fps variable_rate crf bitrate qp lossless max_size vbv preset tune profile level chroma \
                     chroma_location bit_depth color_space matrix range primaries transfer background odd_size keyframe_interval \
                     pixel_aspect threads x264_options layout fragment_seconds rotation tags title creation_time \
                     expected_frames";

/// The width and height of a movie in pixels.
#[derive(Clone, Copy)]
pub struct Size(pub u32, pub u32);

impl<'py> FromPyObject<'_, 'py> for Size {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (width, height) = object.extract::<(i64, i64)>()?;
        match (width.try_into(), height.try_into()) {
            (Ok(width), Ok(height)) => Ok(Self(width, height)),
            // The library has the limits of all other sizes.
            _ => Err(PyValueError::new_err(format!("size is ({width}, {height}); it must be at least (1, 1)"))),
        }
    }
}

/// Converts keyword arguments to the settings of a movie of this size.
///
/// # Errors
/// `TypeError` for an unknown name or a value of another type; `ValueError` for a value that cannot be used.
pub fn settings(Size(width, height): Size, keywords: &Bound<'_, PyDict>) -> PyResult<Settings> {
    let mut settings = Settings::new(width, height).container(container(keywords)?);
    let mut quality: Option<(String, Quality)> = None;
    let mut space = ColorSpace::default();
    // A colour space first, so that its parts can change it.
    if let Some(value) = keywords.get_item("color_space")?.filter(|value| !value.is_none()) {
        space = color_space(&value)?;
    }
    for (name, value) in keywords.iter() {
        let name: String = name.extract()?;
        if value.is_none() {
            check_name(&name)?;
            continue;
        }
        let named = |error: PyErr| type_error(&name, &value, error);
        settings = match &*name {
            "fps" => settings.frame_rate(frame_rate(&value)?),
            "variable_rate" => settings.variable_rate(value.extract().map_err(named)?),
            "crf" | "bitrate" | "qp" | "lossless" | "max_size" => {
                let chosen = match &*name {
                    "crf" => Quality::Crf(value.extract().map_err(named)?),
                    "bitrate" => Quality::Bitrate(value.extract().map_err(named)?),
                    "qp" => Quality::Qp(value.extract().map_err(named)?),
                    "max_size" => max_size(&value)?,
                    _ if value.extract::<bool>().map_err(named)? => Quality::Lossless,
                    _ => continue,
                };
                if let Some((other, _)) = quality.replace((name.clone(), chosen)) {
                    return Err(PyValueError::new_err(format!(
                        "{other} and {name} exclude each other; a movie has one of crf, bitrate, qp, lossless and max_size"
                    )));
                }
                settings
            }
            "vbv" => {
                let (max_kbit_per_second, buffer_kbit) = value.extract().map_err(named)?;
                settings.vbv(Vbv::new(max_kbit_per_second, buffer_kbit))
            }
            "preset" => settings.preset(choice(&value)?),
            "tune" if value.str()? == "none" => settings.tune(None),
            "tune" => settings.tune(choice::<kinetograph::Tune>(&value)?),
            "profile" => settings.profile(choice::<kinetograph::Profile>(&value)?),
            "level" => settings.level(choice::<kinetograph::Level>(&value)?),
            "chroma_location" => settings.chroma_location(choice::<kinetograph::ChromaLocation>(&value)?),
            "chroma" => settings.chroma(choice(&value)?),
            "bit_depth" => settings.bit_depth(choice(&value)?),
            "matrix" => {
                space.matrix = choice::<Matrix>(&value)?;
                settings
            }
            "range" => {
                space.range = choice::<Range>(&value)?;
                settings
            }
            "primaries" => {
                space.primaries = choice::<Primaries>(&value)?;
                settings
            }
            "transfer" => {
                space.transfer = choice::<Transfer>(&value)?;
                settings
            }
            "background" => settings.background(value.extract().map_err(named)?),
            "odd_size" => settings.odd_size(choice(&value)?),
            "keyframe_interval" => settings.keyframe_interval(value.extract::<u32>().map_err(named)?),
            "pixel_aspect" => {
                let (width, height) = match value.extract::<(u32, u32)>() {
                    Ok(pair) => pair,
                    Err(_) => ratio(&value).ok_or_else(|| named(PyTypeError::new_err("not a ratio")))?,
                };
                settings.pixel_aspect(width, height)
            }
            "threads" => settings.threads(value.extract::<u32>().map_err(named)?),
            "x264_options" => {
                let options = value.cast::<PyDict>().map_err(|error| named(error.into()))?;
                let mut with_options = settings;
                for (option, value) in options.iter() {
                    with_options = with_options.x264_option(option.extract::<String>()?, option_value(&value)?);
                }
                with_options
            }
            "expected_frames" => settings.expected_frames(value.extract::<u64>().map_err(named)?),
            _ => {
                check_name(&name)?;
                settings
            }
        };
    }
    if let Some((_, quality)) = quality {
        settings = settings.quality(quality);
    }
    Ok(settings.color_space(space))
}

/// Converts keyword arguments to the settings of a movie whose frames come once.
///
/// # Errors
/// As [`settings`]; `ValueError` for `max_size`.
pub fn settings_of_movie(size: Size, keywords: &Bound<'_, PyDict>) -> PyResult<Settings> {
    match keywords.get_item("max_size")?.filter(|value| !value.is_none()) {
        Some(value) => Err(PyValueError::new_err(format!(
            "max_size is {}; the frames of this movie come once, and finding the rate factor takes frames that can be \
             drawn again: use kinetograph.Animation or Animation.from_scene, or set crf or bitrate",
            value.repr()?.to_string_lossy()
        ))),
        None => settings(size, keywords),
    }
}

/// Converts the keyword arguments that concern the container. The others are ignored.
///
/// # Errors
/// As [`settings`].
pub fn container(keywords: &Bound<'_, PyDict>) -> PyResult<ContainerSettings> {
    let mut container = ContainerSettings::new();
    for (name, value) in keywords.iter() {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        let named = |error: PyErr| type_error(&name, &value, error);
        container = match &*name {
            "layout" => container.layout(choice(&value)?),
            "fragment_seconds" => container.fragment_seconds(seconds(&value).map_err(named)?),
            "rotation" => container.rotation(choice(&value)?),
            "title" => container.title(value.extract::<String>().map_err(named)?),
            "creation_time" => container.creation_time(value.extract::<SystemTime>().map_err(named)?),
            "tags" => {
                let tags = value.cast::<PyDict>().map_err(|error| named(error.into()))?;
                let mut with_tags = container;
                for (key, text) in tags.iter() {
                    with_tags = with_tags.tag(choice::<Tag>(&key)?, text.extract::<String>().map_err(named)?);
                }
                with_tags
            }
            _ => container,
        };
    }
    Ok(container)
}

/// Checks settings for a movie of this size, without making one. `is_repeatable` says whether its frames can be made
/// again.
///
/// # Errors
/// As every function that makes a movie.
#[pyfunction]
#[pyo3(signature = (size, is_repeatable, /, **settings))]
pub fn check_settings(size: Size, is_repeatable: bool, settings: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let Some(keywords) = settings else { return Ok(()) };
    let convert = if is_repeatable { self::settings } else { settings_of_movie };
    convert(size, keywords)?.validate().map_err(to_python)
}

/// Returns a time or a duration in seconds, which is a number or a `datetime.timedelta`.
pub fn seconds(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    if value.hasattr("total_seconds")? { value.call_method0("total_seconds")?.extract() } else { value.extract() }
}

fn check_name(name: &str) -> PyResult<()> {
    if NAMES.split_whitespace().any(|known| known == name) {
        return Ok(());
    }
    let names = NAMES.split_whitespace().collect::<Vec<_>>().join(", ");
    Err(PyTypeError::new_err(format!("there is no setting {name:?}; the settings are {names}")))
}

fn type_error(name: &str, value: &Bound<'_, PyAny>, error: PyErr) -> PyErr {
    let py = value.py();
    let shown = value.repr().map_or_else(|_| "?".into(), |text| text.to_string_lossy().into_owned());
    let text = format!("{name} is {shown}: {}", error.value(py));
    // A number that does not fit is a value that cannot be used.
    if error.is_instance_of::<pyo3::exceptions::PyOverflowError>(py) {
        PyValueError::new_err(text)
    } else {
        PyTypeError::new_err(text)
    }
}

/// Parses the name of a choice, such as "slow". A number is the choice that it prints as.
fn choice<T: FromStr<Err = Error>>(value: &Bound<'_, PyAny>) -> PyResult<T> {
    value.str()?.to_string_lossy().parse().map_err(to_python)
}

fn color_space(value: &Bound<'_, PyAny>) -> PyResult<ColorSpace> {
    match &*value.str()?.to_string_lossy() {
        "bt709" => Ok(ColorSpace::BT709),
        "bt601" => Ok(ColorSpace::BT601),
        "bt2020" => Ok(ColorSpace::BT2020),
        other => Err(PyValueError::new_err(format!("color_space is {other:?}; it must be one of bt709 bt601 bt2020"))),
    }
}

/// Converts a frame rate: a number, a `fractions.Fraction`, a pair of terms or a text such as "30000/1001".
fn frame_rate(value: &Bound<'_, PyAny>) -> PyResult<FrameRate> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.to_string_lossy().parse().map_err(to_python);
    }
    if let Some(ratio) = ratio(value) {
        return Ok(ratio.into());
    }
    if let Ok(pair) = value.extract::<(u32, u32)>() {
        return Ok(pair.into());
    }
    let rate: f64 = value.extract().map_err(|error| type_error("fps", value, error))?;
    Ok(rate.into())
}

/// Converts a number of bytes, or a text such as "10MB", to the quality that it takes the place of.
fn max_size(value: &Bound<'_, PyAny>) -> PyResult<Quality> {
    let Ok(text) = value.cast::<PyString>() else {
        return value.extract().map(Quality::MaxBytes).map_err(|error| type_error("max_size", value, error));
    };
    format!("max_bytes={}", text.to_string_lossy()).parse().map_err(|_| {
        PyValueError::new_err(format!(
            "max_size is {:?}; it must be a number of bytes, or a text like \"10MB\", \"8MiB\" or \"500 kB\"",
            text.to_string_lossy()
        ))
    })
}

/// Returns the terms of a whole number or a fraction.
fn ratio(value: &Bound<'_, PyAny>) -> Option<(u32, u32)> {
    let term = |name| value.getattr(name).ok()?.extract::<u32>().ok();
    term("numerator").zip(term("denominator"))
}

/// Returns the value of an option of x264 as text. x264 writes truth as a number.
fn option_value(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(flag) = value.extract::<bool>() {
        return Ok(u8::from(flag).to_string());
    }
    Ok(value.str()?.to_string_lossy().into_owned())
}

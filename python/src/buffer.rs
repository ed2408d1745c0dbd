//! Borrows the pixels of Python objects that have a buffer, such as NumPy arrays, bytes and shared memory.
//!
//! This is the only file with unsafe code. The library reads plain slices, and a buffer of Python is a pointer.
#![allow(unsafe_code)]

use kinetograph::{Frame, PixelFormat};
use pyo3::buffer::{ElementType, PyBuffer, PyUntypedBuffer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PySlice;

/// The pixels of a Python object: 8-bit components of shape (height, width) or (height, width, channels).
pub struct Pixels {
    buffer: PyBuffer<u8>,
    pub width: u32,
    pub height: u32,
    pub format: PixelFormat,
    rows: Rows,
}

/// How the rows of a frame are in memory.
enum Rows {
    /// Each row is contiguous, and so many bytes after the one before.
    Strided(usize),
    /// A contiguous copy of pixels that are arranged otherwise.
    Copied(Vec<u8>),
}

impl Pixels {
    /// Borrows the pixels of an object. `format` is that of the pixels if it does not follow from the channels.
    ///
    /// # Errors
    /// `TypeError` for an object that has no pixels or whose components are not `uint8`; `ValueError` for another shape
    /// than that of a frame.
    pub fn of(object: &Bound<'_, PyAny>, format: Option<PixelFormat>) -> PyResult<Self> {
        let py = object.py();
        let buffer = match PyUntypedBuffer::get(object) {
            Ok(buffer) => buffer,
            Err(_) => PyUntypedBuffer::get(&array(object)?)?,
        };
        if ElementType::from_format(buffer.format()) != (ElementType::UnsignedInteger { bytes: 1 }) {
            return Err(PyTypeError::new_err(wrong_type(&buffer)));
        }
        let buffer = buffer.into_typed::<u8>()?;
        let (height, width, channels) = match *buffer.shape() {
            [height, width] => (height, width, 1),
            [height, width, channels] => (height, width, channels),
            _ => return Err(wrong_shape(&buffer)),
        };
        let format = match (format, channels) {
            (Some(format), channels) if format.bytes_per_pixel() == channels => format,
            (Some(format), _) => {
                let needed = format.bytes_per_pixel();
                let text = format!("a frame of pixel_format {format} has {needed} channels, not {channels}");
                return Err(PyValueError::new_err(text));
            }
            (None, 1) => PixelFormat::Gray8,
            (None, 3) => PixelFormat::Rgb8,
            (None, 4) => PixelFormat::Rgba8,
            _ => return Err(wrong_shape(&buffer)),
        };
        // No frame of a movie has a side that exceeds 32 bits, and an empty one is refused for its size.
        let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
        let rows = match stride(&buffer, width, channels) {
            Some(stride) => Rows::Strided(stride),
            None => Rows::Copied(buffer.to_vec(py)?),
        };
        Ok(Self { width: side(width), height: side(height), format, rows, buffer })
    }

    /// Returns the pixels as a frame, which can be used while the thread is attached to the interpreter.
    pub fn frame<'a>(&'a self, py: Python<'a>) -> Frame<'a> {
        let (pixels, stride) = self.bytes(py);
        Frame::new(pixels, self.width, self.height, self.format).stride(stride)
    }

    /// Copies the pixels to the beginning of a memoryview, row after row without gaps.
    ///
    /// # Errors
    /// `BufferError` if it is read-only; `ValueError` if it is too small.
    pub fn copy_to(&self, target: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = target.py();
        let size = self.buffer.item_count();
        if target.len()? < size {
            return Err(PyValueError::new_err(format!(
                "the frame has {size} bytes; there is room for {}",
                target.len()?
            )));
        }
        let target = PyBuffer::<u8>::get(&target.get_item(PySlice::new(py, 0, size as isize, 1))?)?;
        match self.bytes(py) {
            (pixels, stride) if stride == self.row_bytes() => target.copy_from_slice(py, pixels),
            _ => target.copy_from_slice(py, &self.buffer.to_vec(py)?),
        }
    }

    /// Returns the pixels, and the bytes from one row to the next.
    fn bytes<'a>(&'a self, _py: Python<'a>) -> (&'a [u8], usize) {
        match &self.rows {
            Rows::Copied(pixels) => (pixels, self.row_bytes()),
            Rows::Strided(stride) => {
                let length = (self.height as usize - 1) * stride + self.row_bytes();
                // SAFETY: `stride` has checked that there are pixels, that each row is contiguous, and that each row is
                // at least its length after the one before. So these bytes are in the buffer, whose memory the exporter
                // keeps in place until the buffer is released. No Python code writes to them while this thread is
                // attached to the interpreter, which `_py` proves. Native code that writes without being attached, such
                // as NumPy's, mixes old and new bytes, each of which is a valid one. The documents say so.
                (unsafe { std::slice::from_raw_parts(self.buffer.buf_ptr().cast::<u8>(), length) }, *stride)
            }
        }
    }

    fn row_bytes(&self) -> usize {
        self.width as usize * self.format.bytes_per_pixel()
    }
}

/// Draws frames, one at a time.
///
/// It is a Python object whose method `draw(index)` leaves the pixels of a frame in the buffer of the attribute `pixels`,
/// row after row without gaps, and returns their shape: (height, width, channels).
pub struct Drawer {
    object: Py<PyAny>,
    pixels: PyBuffer<u8>,
}

impl Drawer {
    /// Borrows the pixels of a drawer.
    ///
    /// # Errors
    /// `AttributeError` or `BufferError` if it has no pixels.
    pub fn of(object: Bound<'_, PyAny>) -> PyResult<Self> {
        let pixels = PyBuffer::<u8>::get(&object.getattr(intern!(object.py(), "pixels"))?)?;
        if !pixels.is_c_contiguous() {
            return Err(PyValueError::new_err("the pixels of a drawer must be contiguous"));
        }
        Ok(Self { object: object.unbind(), pixels })
    }

    /// Draws a frame, and returns its height, width and channels. Other threads can use the interpreter while the
    /// Python object waits for a process.
    ///
    /// # Errors
    /// Any exception of the object.
    pub fn draw(&mut self, index: u64) -> PyResult<(u32, u32, u32)> {
        Python::attach(|py| self.object.call_method1(py, intern!(py, "draw"), (index,))?.extract(py))
    }

    /// Returns the pixels of the frame that was drawn last.
    pub fn pixels(&self) -> &[u8] {
        if self.pixels.item_count() == 0 {
            return &[];
        }
        // SAFETY: the buffer is contiguous, and the exporter keeps its memory in place until the buffer is released. The
        // package writes to the pixels only in `draw`, or in a process that writes only between a request of `draw` and
        // the answer to it, and `draw` borrows this drawer exclusively.
        unsafe { std::slice::from_raw_parts(self.pixels.buf_ptr().cast::<u8>(), self.pixels.item_count()) }
    }
}

/// Converts an object without a buffer to an array, if it says how.
fn array<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if object.hasattr("__array_interface__")? || object.hasattr("__array__")? {
        return object.py().import("numpy")?.call_method1("asarray", (object,));
    }
    let name = object.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a frame is an array of uint8 or another object with a buffer, not {name}; convert it with numpy.asarray"
    )))
}

/// Returns the bytes from one row to the next, or `None` if a row is not contiguous, rows go upwards, or there are none.
fn stride(buffer: &PyBuffer<u8>, width: usize, channels: usize) -> Option<usize> {
    let strides = buffer.strides();
    let row = width.checked_mul(channels)?;
    let is_row_contiguous = match *strides {
        [_, pixel] => pixel == 1,
        [_, pixel, component] => (component == 1 || channels == 1) && pixel == channels as isize,
        _ => false,
    };
    let stride = usize::try_from(strides[0]).ok().filter(|stride| *stride >= row)?;
    (is_row_contiguous && buffer.item_count() > 0 && buffer.suboffsets().is_none()).then_some(stride)
}

fn wrong_type(buffer: &PyUntypedBuffer) -> String {
    let (name, conversion) = match ElementType::from_format(buffer.format()) {
        ElementType::Float { bytes } => (
            format!("float{}", 8 * bytes),
            "for values of 0 to 1, convert it with (255 * frame).round().clip(0, 255).astype(numpy.uint8)",
        ),
        ElementType::Bool => ("bool".into(), "convert it with frame.astype(numpy.uint8) * 255"),
        ElementType::UnsignedInteger { bytes: 2 } => {
            ("uint16".into(), "for values of 0 to 65535, convert it with (frame / 257).round().astype(numpy.uint8)")
        }
        ElementType::UnsignedInteger { bytes } => {
            (format!("uint{}", 8 * bytes), "for values of 0 to 255, convert it with frame.astype(numpy.uint8)")
        }
        ElementType::SignedInteger { bytes } => {
            (format!("int{}", 8 * bytes), "for values of 0 to 255, convert it with frame.astype(numpy.uint8)")
        }
        ElementType::Unknown => (
            format!("of the format {:?}", buffer.format().to_string_lossy()),
            "convert it with frame.astype(numpy.uint8)",
        ),
    };
    format!("the components of a frame are uint8, and those of this one are {name}; {conversion}")
}

fn wrong_shape(buffer: &PyBuffer<u8>) -> PyErr {
    let shape: Vec<String> = buffer.shape().iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let hint = match *buffer.shape() {
        [1 | 3 | 4, _, _] => "; if the channels come first, convert it with numpy.moveaxis(frame, 0, -1)",
        _ => "",
    };
    PyValueError::new_err(format!(
        "a frame has the shape (height, width), (height, width, 1), (height, width, 3) or (height, width, 4), not ({}{comma}){hint}",
        shape.join(", ")
    ))
}

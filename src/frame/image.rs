//! Conversions from images of the `image` crate to `Frame` (feature `image`).

use std::ops::Deref;

use image::{DynamicImage, ImageBuffer, Luma, Rgb, Rgba};

use crate::{Error, Frame, Result};

impl<'a, C: Deref<Target = [u8]>> From<&'a ImageBuffer<Rgba<u8>, C>> for Frame<'a> {
    fn from(image: &'a ImageBuffer<Rgba<u8>, C>) -> Self {
        in_container(Self::rgba8(image.as_raw(), image.width(), image.height()))
    }
}

impl<'a, C: Deref<Target = [u8]>> From<&'a ImageBuffer<Rgb<u8>, C>> for Frame<'a> {
    fn from(image: &'a ImageBuffer<Rgb<u8>, C>) -> Self {
        in_container(Self::rgb8(image.as_raw(), image.width(), image.height()))
    }
}

impl<'a, C: Deref<Target = [u8]>> From<&'a ImageBuffer<Luma<u8>, C>> for Frame<'a> {
    fn from(image: &'a ImageBuffer<Luma<u8>, C>) -> Self {
        in_container(Self::gray8(image.as_raw(), image.width(), image.height()))
    }
}

/// States the stride of a frame, because the container of an image may be longer than its pixels.
fn in_container(frame: Frame<'_>) -> Frame<'_> {
    frame.stride(frame.row_bytes())
}

impl<'a> TryFrom<&'a DynamicImage> for Frame<'a> {
    type Error = Error;

    /// Borrows the pixels of an image of 8-bit RGBA, RGB or grey.
    ///
    /// ```
    /// # use image::DynamicImage;
    /// # use kinetograph::Frame;
    /// // What a decoder returned, in whatever format.
    /// let image = DynamicImage::new_rgb16(64, 64);
    /// assert!(Frame::try_from(&image).is_err());
    /// let image = image.to_rgba8();
    /// let frame = Frame::from(&image);
    /// # assert_eq!((frame.width(), frame.height()), (64, 64));
    /// ```
    ///
    /// # Errors
    /// [`Error::Image`] for other pixels. A frame borrows its pixels, so it cannot convert them. Convert the image
    /// first, for example with [`to_rgba8`](DynamicImage::to_rgba8).
    fn try_from(image: &'a DynamicImage) -> Result<Self> {
        match image {
            DynamicImage::ImageRgba8(image) => Ok(image.into()),
            DynamicImage::ImageRgb8(image) => Ok(image.into()),
            DynamicImage::ImageLuma8(image) => Ok(image.into()),
            other => Err(Error::Image { pixels: other.color() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PixelFormat;
    use image::ColorType;

    #[test]
    fn eight_bit_images_are_borrowed() {
        let bytes: Vec<u8> = (0..2 * 3 * 4).collect();
        let rgba = ImageBuffer::<Rgba<u8>, _>::from_raw(2, 3, &bytes[..]).unwrap();
        let rgb = ImageBuffer::<Rgb<u8>, _>::from_raw(2, 3, bytes[..18].to_vec()).unwrap();
        // Longer than the image, as the image crate allows.
        let gray = ImageBuffer::<Luma<u8>, _>::from_raw(2, 3, bytes[..9].to_vec()).unwrap();
        for (frame, format) in [
            (Frame::from(&rgba), PixelFormat::Rgba8),
            (Frame::from(&rgb), PixelFormat::Rgb8),
            (Frame::from(&gray), PixelFormat::Gray8),
            (Frame::try_from(&DynamicImage::from(rgb.clone())).unwrap(), PixelFormat::Rgb8),
            (Frame::try_from(&DynamicImage::from(gray.clone())).unwrap(), PixelFormat::Gray8),
        ] {
            assert_eq!((frame.width(), frame.height(), frame.format()), (2, 3, format));
            frame.check().unwrap();
            let row = 2 * format.bytes_per_pixel();
            assert_eq!(frame.row(2), &bytes[2 * row..3 * row], "{format:?}");
        }
    }

    #[test]
    fn other_images_are_refused_with_their_color_type() {
        for (image, color) in [
            (DynamicImage::new_rgb16(2, 2), ColorType::Rgb16),
            (DynamicImage::new_luma_a8(2, 2), ColorType::La8),
            (DynamicImage::new_rgba32f(2, 2), ColorType::Rgba32F),
        ] {
            let error = Frame::try_from(&image).unwrap_err();
            assert!(matches!(error, Error::Image { pixels } if pixels == color), "{error}");
        }
    }
}

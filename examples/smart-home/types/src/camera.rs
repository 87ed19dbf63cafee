//! What cameras send.
use std::fmt;

/// Where a camera's stream is.
///
/// Whoever has one of the addresses sees what the camera sees: `Debug` shows neither.
#[derive(Clone, PartialEq, Eq, lmms::Portable)]
pub struct CameraStream {
    /// The address of an HLS playlist: H.264 and AAC, nothing asked of whoever fetches it.
    pub uri: String,
    /// The address of a picture to show until the stream has begun.
    pub image_uri: Option<String>,
    /// The stream's width in pixels.
    pub width: u32,
    /// The stream's height in pixels.
    pub height: u32,
}

impl fmt::Debug for CameraStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CameraStream")
            .field("uri", &"(hidden)")
            .field("image_uri", &self.image_uri.as_ref().map(|_| "(hidden)"))
            .field("width", &self.width)
            .field("height", &self.height)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_are_never_shown() {
        let stream = CameraStream {
            uri: "https://home.example/api/hls/secret/master_playlist.m3u8".into(),
            image_uri: Some("https://home.example/api/camera_proxy/camera.x?token=secret".into()),
            width: 1280,
            height: 720,
        };
        let shown = format!("{stream:?}");
        assert!(
            !shown.contains("secret") && shown.contains("1280"),
            "{shown}"
        );
    }
}

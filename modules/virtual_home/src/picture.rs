//! What the home's cameras see.
use std::time::Duration;

use home_types::{HomeError, LockState};
use lmms::{Context, operation};

use crate::{rows, store};

const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
const HORIZON: u32 = 150;

/// The picture a camera takes now: a drawn view of the front door as PNG, 640 by 360 pixels. The sky follows the time
/// of day (UTC), the windows the lights that are on, the door the lock.
#[operation(interface = "virtual_home")]
pub fn camera_picture(cx: &Context, path: &str, id: &str) -> Result<Vec<u8>, HomeError> {
    let now = cx.unix_time();
    store::read(cx, path, |home| {
        let (device, state) = rows::one(home, id)?;
        if !device.can("camera") {
            return Err(HomeError::Unsupported {
                subject: id.to_owned(),
                action: "take pictures".into(),
            }
            .into());
        }
        if !state.online {
            return Err(HomeError::DeviceUnreachable { id: id.to_owned() }.into());
        }
        let all = rows::all(home)?;
        let lit = |part: &str| {
            all.iter()
                .any(|(device, state)| device.id.contains(part) && state.power == Some(true))
        };
        let scene = View {
            daylight: daylight(now),
            window_lit: lit("light.living_room") || lit("light.floor_lamp"),
            path_lit: lit("light.garden_path"),
            door_locked: all.iter().all(|(device, state)| {
                device.id != "lock.front_door" || state.lock == Some(LockState::Locked)
            }),
        };
        encode(&scene).map_err(|error| HomeError::invalid_input("picture", error).into())
    })
}

struct View {
    /// 0 at midnight, 1 at noon.
    daylight: f64,
    window_lit: bool,
    path_lit: bool,
    door_locked: bool,
}

type Rgb = [u8; 3];

fn daylight(now: Duration) -> f64 {
    let day = now.as_secs_f64().rem_euclid(86_400.0) / 86_400.0;
    (0.5 - (day * std::f64::consts::TAU).cos() / 2.0).clamp(0.0, 1.0)
}

fn encode(view: &View) -> Result<Vec<u8>, png::EncodingError> {
    let mut pixels = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            pixels.extend(view.pixel(x, y));
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}

impl View {
    fn pixel(&self, x: u32, y: u32) -> Rgb {
        let within = |left: u32, top: u32, width: u32, height: u32| {
            (left..left + width).contains(&x) && (top..top + height).contains(&y)
        };
        if within(318, 238, 6, 6) {
            return if self.door_locked {
                [200, 40, 40]
            } else {
                [60, 200, 80]
            };
        }
        if within(260, 170, 70, 130) {
            return self.by_day([110, 60, 30]);
        }
        if within(380, 180, 90, 60) {
            return if self.window_lit {
                [255, 220, 140]
            } else {
                self.by_day([90, 120, 150])
            };
        }
        if within(200, 110, 300, 190) {
            return self.by_day([200, 190, 170]);
        }
        if y < HORIZON {
            let height = f64::from(y) / f64::from(HORIZON);
            return self.by_day([
                (90.0 + 90.0 * height) as u8,
                (150.0 + 60.0 * height) as u8,
                240,
            ]);
        }
        let on_path = y >= 300 && x.abs_diff(295) < 30 + (y - 300);
        match (on_path, self.path_lit) {
            (true, true) => [230, 210, 160],
            (true, false) => self.by_day([150, 145, 140]),
            (false, _) => self.by_day([70, 120, 60]),
        }
    }

    /// A colour as it looks at this time of day; never quite black.
    fn by_day(&self, color: Rgb) -> Rgb {
        color.map(|part| (f64::from(part) * (0.12 + 0.88 * self.daylight)) as u8)
    }
}

#[cfg(test)]
mod tests {
    use home_types::Command;

    use super::*;

    fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        (info.width, info.height, pixels)
    }

    #[test]
    fn the_camera_sees_what_happens() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("home.db").display().to_string();
        let cx = Context::detached();
        let window = |picture: &[u8]| decode(picture).2[((200 * WIDTH + 400) * 3) as usize];
        let before = camera_picture(&cx, &path, "camera.front_door").unwrap();
        assert_eq!(decode(&before).0, WIDTH);
        crate::control::apply(&cx, &path, "light.floor_lamp", &Command::TurnOn).unwrap();
        let after = camera_picture(&cx, &path, "camera.front_door").unwrap();
        assert_eq!(window(&after), 255);
        assert!(window(&before) < 255);
        assert!(matches!(
            camera_picture(&cx, &path, "light.hallway"),
            Err(HomeError::Unsupported { .. })
        ));
        crate::control::set_online(&cx, &path, "camera.front_door", false).unwrap();
        assert!(matches!(
            camera_picture(&cx, &path, "camera.front_door"),
            Err(HomeError::DeviceUnreachable { .. })
        ));
    }

    #[test]
    fn noon_is_brighter_than_midnight() {
        let hour = |hour: u64| daylight(Duration::from_secs(hour * 3600));
        assert!(hour(0) < 0.01 && hour(12) > 0.99 && hour(6) > hour(3));
    }
}

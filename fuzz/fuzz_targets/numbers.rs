//! National IDs and phone numbers: what is taken is taken again as it is kept, and its mask tells little of it.
#![no_main]

use kaofa::org::{NationalId, Phone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(id) = text.parse::<NationalId>() {
        assert_eq!(id.as_str().parse::<NationalId>().as_ref(), Ok(&id));
        assert!(id.as_str().len() == 18 && id.masked().matches('*').count() == 10);
    }
    if let Ok(phone) = text.parse::<Phone>() {
        assert!(phone.as_str().parse::<Phone>().is_ok());
        assert!(phone.masked().contains('*'));
    }
});

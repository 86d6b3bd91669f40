//! noctule for browsers: every system of the library behind one call that takes and gives JSON text.
//!
//! The module of WebAssembly has no imports and needs no generated glue. A caller writes a request into
//! [`noctule_input`], calls [`noctule_call`], and reads as many bytes as that says from
//! [`noctule_output`]. What can be asked is in `request.rs`. A wrong request is answered with an
//! [`InputError`](noctule_num::InputError); a panic, which would be a mistake of ours, traps after
//! its words were left where [`noctule_panic`] points to.
//!
//! It keeps the last design of every system under names, so that the next one of a scene that is
//! being dragged starts where the last one ended.

mod request;
mod session;

use std::cell::RefCell;

pub use session::Session;

/// What is exchanged with the caller.
struct Exchange {
    input: Vec<u8>,
    output: Vec<u8>,
    session: Session,
}

thread_local! {
    static EXCHANGE: RefCell<Exchange> = RefCell::new(Exchange {
        input: Vec::new(),
        output: Vec::new(),
        session: Session::new(),
    });
}

/// The words of the last panic; the exchange may be borrowed while they are written.
static PANIC: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());

/// Room for a request of `length` bytes. Valid until the next call.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a name that the caller finds; nothing here is unsafe")]
pub extern "C" fn noctule_input(length: usize) -> *mut u8 {
    EXCHANGE.with_borrow_mut(|exchange| {
        exchange.input.clear();
        exchange.input.resize(length, 0);
        exchange.input.as_mut_ptr()
    })
}

/// Answer the request; returns the length of the answer in bytes.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a name that the caller finds; nothing here is unsafe")]
pub extern "C" fn noctule_call() -> usize {
    std::panic::set_hook(Box::new(|info| {
        if let Ok(mut words) = PANIC.lock() {
            *words = info.to_string();
        }
    }));
    EXCHANGE.with_borrow_mut(|exchange| {
        exchange.output = exchange.session.answer(&exchange.input);
        exchange.output.len()
    })
}

/// Where the answer is. Valid until the next call.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a name that the caller finds; nothing here is unsafe")]
pub extern "C" fn noctule_output() -> *const u8 {
    EXCHANGE.with_borrow(|exchange| exchange.output.as_ptr())
}

/// Where the words of a panic are, once a call trapped.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a name that the caller finds; nothing here is unsafe")]
pub extern "C" fn noctule_panic() -> *const u8 {
    PANIC.lock().map_or(std::ptr::null(), |words| words.as_ptr())
}

/// How many bytes they are.
#[unsafe(no_mangle)]
#[allow(unsafe_code, reason = "a name that the caller finds; nothing here is unsafe")]
pub extern "C" fn noctule_panic_length() -> usize {
    PANIC.lock().map_or(0, |words| words.len())
}

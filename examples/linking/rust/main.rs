// SPDX-License-Identifier: MIT
//! poolalloc as the allocator of a Rust program:
//! rustc --edition 2021 -L native=LIBDIR main.rs
use std::alloc::{GlobalAlloc, Layout};
use std::ffi::CStr;
use std::os::raw::{c_char, c_void};

#[link(name = "poolalloc")]
extern "C" {
    fn poolalloc_malloc(size: usize) -> *mut c_void;
    fn poolalloc_calloc(count: usize, size: usize) -> *mut c_void;
    fn poolalloc_aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn poolalloc_realloc(block: *mut c_void, size: usize) -> *mut c_void;
    fn poolalloc_free(block: *mut c_void);
    fn poolalloc_in_use() -> usize;
    fn poolalloc_version() -> *const c_char;
}

struct Poolalloc;

/// What every block is aligned to; POOLALLOC_ALIGN of poolalloc.h.
const ALIGN: usize = 16;

unsafe impl GlobalAlloc for Poolalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= ALIGN {
            poolalloc_malloc(layout.size()).cast()
        } else {
            poolalloc_aligned_alloc(layout.align(), layout.size()).cast()
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= ALIGN {
            return poolalloc_calloc(1, layout.size()).cast();
        }
        let block = self.alloc(layout);
        if !block.is_null() {
            block.write_bytes(0, layout.size());
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        poolalloc_free(block.cast());
    }

    // A realloc keeps no more than ALIGN.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= ALIGN {
            return poolalloc_realloc(block.cast(), size).cast();
        }
        let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
        if !new.is_null() {
            new.copy_from_nonoverlapping(block, layout.size().min(size));
            self.dealloc(block, layout);
        }
        new
    }
}

#[global_allocator]
static ALLOCATOR: Poolalloc = Poolalloc;

#[repr(align(64))]
#[derive(Clone)]
struct Line([u8; 64]);

fn main() {
    let before = unsafe { poolalloc_in_use() };
    let blocks: Vec<Vec<u8>> = (0..10000).map(|n| vec![1; n % 1000]).collect();
    let grown = unsafe { poolalloc_in_use() } - before;
    let lines = vec![Line([7; 64]); 100];
    assert!(lines.iter().all(|line| (line as *const Line as usize) % 64 == 0 && line.0[63] == 7));
    assert!(grown > 4_000_000, "{grown} bytes more in use");
    let version = unsafe { CStr::from_ptr(poolalloc_version()) };
    println!("poolalloc {}: {} blocks", version.to_str().unwrap(), blocks.len());
}

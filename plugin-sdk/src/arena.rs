//! The allocator of a plugin: hands out memory upwards and takes back only the newest block.
//!
//! A call lives in one fresh instance and a few microseconds, so what is not taken back dies with
//! it. What counts is that a call never grows its memory: that would ask the kernel to change
//! mappings under a lock of the whole process, and other calls would wait for it. The memory that
//! the instance begins with (1 MiB, set by `hookgate plugin build`) is the heap; beyond it the heap
//! grows in large steps, so a plugin that churns gets slower, not wrong.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32;
use std::cell::Cell;
use std::ptr;

/// Size of a page of WebAssembly.
const PAGE: usize = 64 << 10;

/// Smallest step in which memory grows: few steps, since each is dear.
const STEP: usize = 1 << 20;

unsafe extern "C" {
    /// Placed by the linker behind the plugin's data and stack.
    static __heap_base: u8;
}

struct Arena {
    /// Address of the next block; 0 before the first.
    next: Cell<usize>,
    /// Address behind the memory's end.
    end: Cell<usize>,
}

#[global_allocator]
static ARENA: Arena = Arena { next: Cell::new(0), end: Cell::new(0) };

// SAFETY: a component instance has one thread.
unsafe impl Sync for Arena {}

impl Arena {
    /// Makes sure that memory reaches up to `until`. False: the host gives no more.
    fn reach(&self, until: usize) -> bool {
        if until <= self.end.get() {
            return true;
        }
        let missing = (until - self.end.get()).max(STEP);
        let pages = missing.div_ceil(PAGE);
        if wasm32::memory_grow(0, pages) == usize::MAX {
            return false;
        }
        self.end.set(wasm32::memory_size(0) * PAGE);
        true
    }

    /// Reads where the heap begins and ends. The first block's business.
    fn start(&self) {
        self.next.set(ptr::addr_of!(__heap_base) as usize);
        self.end.set(wasm32::memory_size(0) * PAGE);
    }
}

// SAFETY: blocks do not overlap: `next` only passes the end of a block when it is handed out, and
// goes back only to the start of the newest block, when that is returned. Alignment is by rounding
// up; a size that does not fit the address space gives null.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.next.get() == 0 {
            self.start();
        }
        let Some(at) = self.next.get().checked_next_multiple_of(layout.align()) else {
            return ptr::null_mut();
        };
        let Some(until) = at.checked_add(layout.size()) else { return ptr::null_mut() };
        if !self.reach(until) {
            return ptr::null_mut();
        }
        self.next.set(until);
        at as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block as usize + layout.size() == self.next.get() {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let at = block as usize;
        let newest = at + layout.size() == self.next.get();
        if newest {
            // The newest block grows and shrinks where it is: a vector being filled copies nothing.
            let Some(until) = at.checked_add(size) else { return ptr::null_mut() };
            if !self.reach(until) {
                return ptr::null_mut();
            }
            self.next.set(until);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the layout differs from a valid one in its size alone, which the caller vouches for.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are valid for the old size, and a new block overlaps no other.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}

// SPDX-License-Identifier: MIT

// Blocks that C allocates in a Go program come from poolalloc; Go's own heap does not: it maps memory
// by itself. Preloaded, only programs with cgo load libc, and with it poolalloc.
package main

/*
#cgo pkg-config: poolalloc
#include <poolalloc.h>
#include <stdlib.h>
*/
import "C"
import "fmt"

func main() {
	block := C.malloc(1000)
	size := C.poolalloc_usable_size(block)
	if size < 1000 {
		panic("malloc is not poolalloc's")
	}
	fmt.Printf("poolalloc %s: room for %d bytes\n", C.GoString(C.poolalloc_version()), size)
	C.free(block)
}

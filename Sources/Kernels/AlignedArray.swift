/// Numbers that begin at a cache line, as a kernel's tiles want to: written once, then shared.
///
/// An array's elements begin at any multiple of sixteen bytes; here they are those behind the first
/// boundary. That boundary stays where it is, because an array that nobody changes is never moved.
struct AlignedArray<Element: BitwiseCopyable & Sendable>: Sendable {
  private let storage: [Element]

  private static var alignment: Int { 64 }

  /// - Parameter fill: initialises `count` elements.
  init(count: Int, _ fill: (UnsafeMutablePointer<Element>) -> Void) {
    let room = count + Self.alignment / MemoryLayout<Element>.stride
    storage = unsafe [Element](unsafeUninitializedCapacity: room) { buffer, initialized in
      guard let base = buffer.baseAddress else { return }
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
      unsafe fill(
        UnsafeMutableRawPointer(base).alignedUp(toMultipleOf: Self.alignment)
          .assumingMemoryBound(to: Element.self))
      initialized = room
    }
  }

  func withPointer<Result>(_ body: (UnsafePointer<Element>?) -> Result) -> Result {
    unsafe storage.withUnsafeBytes { bytes in
      unsafe body(
        bytes.baseAddress?.alignedUp(toMultipleOf: Self.alignment)
          .assumingMemoryBound(to: Element.self))
    }
  }
}

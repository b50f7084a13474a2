import Foundation

/// The reader that the environment names in `HYPERMARCH_FUZZ_ENTRY`.
private let entry: ReaderEntry = {
  let name = ProcessInfo.processInfo.environment["HYPERMARCH_FUZZ_ENTRY"] ?? ""
  guard let entry = ReaderEntry(rawValue: name) else {
    preconditionFailure("found entry “\(name)”, expected one of \(ReaderEntry.allCases)")
  }
  return entry
}()

/// What libFuzzer calls with each input.
///
/// - Returns: 0, as libFuzzer asks for.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  entry.read(bytes)
  return 0
}

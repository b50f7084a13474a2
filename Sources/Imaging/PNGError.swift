package import Files

/// Why a PNG picture could not be read or written.
package enum PNGError: Error, Equatable, Sendable {
  /// The file itself could not be read or written.
  case file(FileError)

  /// The file has no bytes.
  case empty(path: String)

  /// The file does not begin as a PNG does.
  case notPNG(path: String)

  /// The file begins as a PNG and goes on as none: cut short, damaged, or against the format.
  case malformed(path: String, reason: String)

  /// The picture is wider or higher than the caller accepts; `limit` is in pixels of a side.
  case tooLarge(path: String, width: Int, height: Int, limit: Int)

  /// The picture has more pixels in all than the caller accepts.
  case tooManyPixels(path: String, width: Int, height: Int, limit: Int)

  /// The picture would take more memory than the caller accepts, bytes.
  case tooMuchMemory(path: String, width: Int, height: Int, byteCount: Int, limit: Int)

  /// An interlaced picture, no row of which is complete before the last, would take more memory than
  /// the caller accepts, bytes.
  case interlaced(path: String, width: Int, height: Int, byteCount: Int, limit: Int)
}

extension PNGError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error):
      error.description
    case .empty(let path):
      "\(path.onOneLine): found an empty file, expected a PNG picture"
    case .notPNG(let path):
      "\(path.onOneLine): found no PNG signature at its start, expected a PNG picture"
    case .malformed(let path, let reason):
      "\(path.onOneLine): found a broken PNG picture, expected a whole one: \(reason.onOneLine)"
    case .tooLarge(let path, let width, let height, let limit):
      "\(path.onOneLine): found \(width)×\(height) pixels, expected at most \(limit)×\(limit)"
    case .tooManyPixels(let path, let width, let height, let limit):
      "\(path.onOneLine): found \(width)×\(height) pixels, expected at most \(limit) in all"
    case .tooMuchMemory(let path, let width, let height, let byteCount, let limit):
      "\(path.onOneLine): found \(width)×\(height) pixels, which take \(byteCount >> 20) MiB, "
        + "expected at most \(limit >> 20) MiB for a file of this size: make the picture smaller"
    case .interlaced(let path, let width, let height, let byteCount, let limit):
      "\(path.onOneLine): found \(width)×\(height) interlaced pixels, which take "
        + "\(byteCount >> 20) MiB, expected at most \(limit >> 20) MiB for a file of this size: save "
        + "the picture without interlacing"
    }
  }
}

import Files
import Imaging

/// Files of a data set that get their names together.
struct SyntheticDatasetBatch {
  /// Files are open until then; systems allow 256 and more.
  private static let limit = 64

  private var files: [PendingFile] = []

  /// Adds a picture.
  ///
  /// What may stand in a folder is settled before: it is replaced without question.
  mutating func add(_ image: Image, at path: String, bitDepth: Int) throws(FileError) {
    do {
      let stream = try PNGStream(
        path, width: image.width, height: image.height, channelCount: image.channelCount,
        bitDepth: bitDepth, overwriting: true)
      try stream.append(image)
      files.append(try stream.finish())
    } catch {
      guard case .file(let error) = error else {
        preconditionFailure("found \(error), expected writing to fail by the file alone")
      }
      throw error
    }
    try publishIfFull()
  }

  mutating func add(_ bytes: [UInt8], at path: String) throws(FileError) {
    let file = try PendingFile(path, overwriting: true)
    try file.append(bytes)
    files.append(file)
    try publishIfFull()
  }

  private mutating func publishIfFull() throws(FileError) {
    if files.count >= Self.limit { try publish() }
  }

  /// Gives the files that were added since the last time their names.
  mutating func publish() throws(FileError) {
    try PendingFile.publish(files)
    files = []
  }
}

package import Files
package import Imaging

/// Why a data set could not be opened.
///
/// A `location` is a key path in a JSON file, such as `frames[3].file_path`, or a line of a text
/// file. `description` is one line.
package enum DatasetError: Error, Equatable, Sendable {
  /// Nothing has this name.
  case missingFolder(path: String)

  /// The name belongs to a file.
  case notAFolder(path: String)

  case unreadableFolder(path: String, reason: String)

  /// The folder holds neither a scene nor folders of scenes. `entries` are names found in it.
  case unrecognisedFolder(path: String, entries: [String])

  /// Several subfolders could be meant.
  case ambiguousFolder(path: String, candidates: [String])

  /// A text or JSON file could not be read.
  case file(FileError)

  /// A picture could not be read.
  case image(PNGError)

  /// The file is not JSON.
  case malformedJSON(path: String, error: StrictJSON.SyntaxError)

  case invalidValue(path: String, location: String, found: String, expected: String)

  /// The camera bends its rays, in a way that a pinhole camera does not.
  case unmodelledLens(path: String, location: String, found: String)

  /// A file name leads out of the scene's folder.
  case outsideFolder(path: String, location: String, found: String)

  /// A picture's size, in pixels, is not the one its camera is described for. `statedBy` is the file
  /// that says so.
  case imageSize(path: String, found: PixelSize, expected: PixelSize, statedBy: String)

  /// There is no view to learn from, or, where `split` is nil, none at all.
  case noViews(path: String, split: Split?)

  /// No scene of the folder has a name of this pattern.
  case noSceneMatches(path: String, pattern: String, nearest: String?)

  /// The pictures together do not fit into the memory that was allowed.
  case tooManyPixels(path: String, byteCount: Int, limit: Int)

  /// Whether something that was named is not there, rather than there and wrong.
  package var isMissingInput: Bool {
    switch self {
    case .missingFolder, .notAFolder, .unreadableFolder, .noSceneMatches: true
    case .file(let error), .image(.file(let error)):
      switch error {
      case .missing, .notAFile, .unreadable: true
      default: false
      }
    default: false
    }
  }
}

/// A picture's size in pixels.
package struct PixelSize: Sendable, Hashable, Codable, CustomStringConvertible {
  package let width: Int
  package let height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  package var description: String { "\(width)×\(height)" }
}

extension DatasetError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missingFolder(let path):
      "\(path.onOneLine): found nothing there, expected a folder"
    case .notAFolder(let path):
      "\(path.onOneLine): found a file, expected the folder of a scene or of scenes"
    case .unreadableFolder(let path, let reason):
      "\(path.onOneLine): found a folder that cannot be read, expected a readable one: \(reason)"
    case .unrecognisedFolder(let path, let entries):
      "\(path.onOneLine): found \(DatasetError.list(entries)), expected transforms_train.json, "
        + "transforms.json, the folders rgb and pose, or folders of such scenes"
    case .ambiguousFolder(let path, let candidates):
      "\(path.onOneLine): found \(DatasetError.list(candidates)), "
        + "expected one folder of scenes: name one of them"
    case .file(let error): error.description
    case .image(let error): error.description
    case .malformedJSON(let path, let error):
      "\(path.onOneLine):\(error.line):\(error.column): found \(error.found), "
        + "expected \(error.expected)"
    case .invalidValue(let path, let location, let found, let expected):
      "\(path.onOneLine): \(location): found \(found.clipped(to: 200)), expected \(expected)"
    case .unmodelledLens(let path, let location, let found):
      "\(path.onOneLine): \(location): found \(found.clipped(to: 200)), expected a pinhole camera: "
        + "undistort the pictures first"
    case .outsideFolder(let path, let location, let found):
      "\(path.onOneLine): \(location): found \(found.clipped(to: 200)), "
        + "expected a file inside the folder"
    case .imageSize(let path, let found, let expected, let statedBy):
      "\(path.onOneLine): found \(found) pixels, expected \(expected) as in \(statedBy.onOneLine)"
    case .noViews(let path, nil):
      "\(path.onOneLine): found no views, expected at least one"
    case .noViews(let path, let split?):
      "\(path.onOneLine): found no \(split.rawValue) views, expected at least one"
    case .noSceneMatches(let path, let pattern, let nearest):
      "\(path.onOneLine): found no scene named \(pattern.onOneLine), expected one that is there"
        + (nearest.map { ": is \($0.onOneLine) meant?" } ?? "")
    case .tooManyPixels(let path, let byteCount, let limit):
      "\(path.onOneLine): found pictures of more than \(byteCount >> 20) MiB, expected at most "
        + "\(limit >> 20) MiB: use fewer scenes or smaller pictures"
    }
  }

  /// The first few of some names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "an empty folder" }
    let shown = names.prefix(4).map(\.onOneLine).joined(separator: ", ")
    return names.count > 4 ? "\(shown) and \(names.count - 4) more" : shown
  }
}

import Files

/// The views of a scene in the layout of Scene Representation Networks.
///
/// As in the ShapeNet-SRN release (Sitzmann et al. 2019, https://arxiv.org/abs/1906.01618):
/// `rgb/NAME.png`, `pose/NAME.txt` with 16 numbers, camera to world by rows, OpenCV axes, and
/// `intrinsics.txt`:
///
///     focal cx cy 0.
///     0. 0. 0.          barycentre, not used
///     1.                scale, not used
///     height width      the size that the first line is for
///
/// Pictures of another size with the same ratio of sides stretch the intrinsics, as ShapeNet-SRN's
/// chairs need.
struct SRNFolder {
  let views: [ViewDescription]

  static func isScene(_ folder: SceneFolder) -> Bool {
    folder.containsFolder("rgb") && folder.containsFolder("pose")
      && folder.contains("intrinsics.txt")
  }

  /// - Throws: `DatasetError`, located by the line.
  init(reading folder: SceneFolder) throws(DatasetError) {
    func path(of name: String) throws(DatasetError) -> String {
      if let path = folder.path(ofFile: name) { return path }
      throw .outsideFolder(path: folder.path, location: name, found: "a link")
    }
    let intrinsicsPath = try path(of: "intrinsics.txt")
    let intrinsics = try SRNFolder.intrinsics(at: intrinsicsPath)
    let pictures = try SceneFolder(path: "\(folder.path)/rgb").entries()
      .filter { $0.lowercased().hasSuffix(".png") }
    guard pictures.count <= 100_000 else {
      throw .invalidValue(
        path: folder.path, location: "rgb", found: "\(pictures.count) pictures",
        expected: "at most 100000")
    }
    var views: [ViewDescription] = []
    for picture in pictures {
      let name = "rgb/\(picture)"
      guard let imagePath = folder.path(ofPicture: name) else {
        throw .outsideFolder(path: "\(folder.path)/rgb", location: picture, found: "a link")
      }
      let pose = try SRNFolder.pose(at: path(of: "pose/\(picture.dropLast(4)).txt"))
      views.append(
        ViewDescription(
          name: name, imagePath: imagePath, intrinsics: intrinsics, sharesSize: true, pose: pose,
          statedBy: intrinsicsPath))
    }
    self.views = views
  }

  private static func pose(at path: String) throws(DatasetError) -> CameraPose {
    let numbers = try lines(at: path).flatMap(\.numbers)
    guard numbers.count == 16 else {
      throw .invalidValue(
        path: path, location: "whole file", found: "\(numbers.count) numbers",
        expected: "16, camera to world by rows")
    }
    let rows = (0..<4).map { row in Array(numbers[row * 4..<row * 4 + 4]) }
    do {
      return try CameraPose(rows: rows, axes: .openCV)
    } catch {
      throw .invalidValue(
        path: path, location: "whole file", found: error.found, expected: error.expected)
    }
  }

  private static func intrinsics(at path: String) throws(DatasetError) -> PinholeIntrinsics {
    let lines = try lines(at: path)
    guard let first = lines.first, first.numbers.count >= 3,
      (0.01...1e6).contains(first.numbers[0]),
      first.numbers[1...2].allSatisfy({ abs($0) <= 32_768 })
    else {
      throw invalid(lines.first, path: path, expected: "focal length, cx and cy in pixels")
    }
    guard let size = lines.first(where: { $0.numbers.count == 2 }),
      size.numbers.allSatisfy({ (1...16_384).contains($0) && $0.rounded() == $0 })
    else {
      throw invalid(
        lines.first { $0.numbers.count == 2 } ?? lines.last, path: path,
        expected: "height and width in 1…16384")
    }
    // SRN's own reader takes a number after the size as "the poses are world to camera".
    if let flag = lines.last, flag.number > size.number, flag.numbers != [0] {
      throw invalid(flag, path: path, expected: "0 or nothing: poses are camera to world")
    }
    var intrinsics = PinholeIntrinsics()
    intrinsics.focalX = first.numbers[0]
    intrinsics.principalX = first.numbers[1]
    intrinsics.principalY = first.numbers[2]
    intrinsics.height = Int(size.numbers[0])
    intrinsics.width = Int(size.numbers[1])
    intrinsics.fitsOtherSizes = true
    return intrinsics
  }

  private struct Line {
    /// Counted from 1.
    let number: Int
    let numbers: [Double]
  }

  /// The lines of a text file of numbers, without empty ones.
  ///
  /// - Throws: `DatasetError.file`, or `.invalidValue` for a word that is no finite number.
  private static func lines(at path: String) throws(DatasetError) -> [Line] {
    let bytes: [UInt8]
    do {
      bytes = try FileReader.bytes(at: path, limit: 64 << 10)
    } catch {
      throw .file(error)
    }
    var lines: [Line] = []
    let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, text) in texts.enumerated() {
      var numbers: [Double] = []
      for word in text.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
        // Swift also reads hexadecimal numbers and names of what is none.
        let isDecimal = word.allSatisfy { byte in
          (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
        }
        let word = String(decoding: word, as: UTF8.self)
        // "1." is a number in these files and none to Swift.
        guard isDecimal, let number = Double(word.hasSuffix(".") ? word + "0" : word),
          number.isFinite
        else {
          throw .invalidValue(
            path: path, location: "line \(index + 1)", found: StrictJSON.clipped(word),
            expected: "a finite number")
        }
        numbers.append(number)
      }
      if !numbers.isEmpty { lines.append(Line(number: index + 1, numbers: numbers)) }
    }
    return lines
  }

  private static func invalid(_ line: Line?, path: String, expected: String) -> DatasetError {
    guard let line else {
      return .invalidValue(
        path: path, location: "whole file", found: "no numbers", expected: expected)
    }
    return .invalidValue(
      path: path, location: "line \(line.number)",
      found: line.numbers.prefix(4).map { "\($0)" }.joined(separator: " "), expected: expected)
  }
}

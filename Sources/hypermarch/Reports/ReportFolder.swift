import Files
import Foundation
import Imaging
import Plotting

/// The folder of a report in the making: its settings, and a file for every finished point.
///
///     settings.json      what every point was measured with
///     points/NAME.json   one finished measurement
///     NAME.json          the report, once every point is there
///     NAME.png           its plot
///
/// A point's file appears whole or not at all, so that a report that was stopped goes on with the
/// points that are missing.
struct ReportFolder {
  let path: String

  private static let byteLimit = 16 << 20

  /// Opens the folder, or makes it.
  ///
  /// - Parameters:
  ///   - settings: what decides every point; a folder that was begun with others is refused.
  ///   - overwriting: whether such a folder's points are removed instead.
  init(_ path: String, settings: some Encodable, overwriting: Bool) throws {
    self.path = path
    let text = try Array((Terminal.json(settings) + "\n").utf8)
    let settingsPath = path + "/settings.json"
    try CommandFailure.wrapping { try FileWriter.createFolder(path + "/points") }
    FileWriter.removeLeftovers(of: settingsPath)
    let isThere = FileManager.default.fileExists(atPath: settingsPath)
    let isSame =
      try isThere
      && CommandFailure.wrapping {
        try FileReader.bytes(at: settingsPath, limit: Self.byteLimit)
      } == text
    guard !isSame else { return }
    guard !isThere || overwriting else {
      throw CommandFailure(
        "\(settingsPath): found a report of other settings, expected the same: use another folder "
          + "or --overwrite", .cannotCreate)
    }
    try removePoints()
    try CommandFailure.wrapping {
      try FileWriter.write(text, to: settingsPath, overwriting: true)
    }
  }

  /// Removes the points of other settings: going on with them would mix two reports.
  private func removePoints() throws {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: path + "/points")) ?? []
    where name.hasSuffix(".json") {
      do {
        try files.removeItem(atPath: "\(path)/points/\(name)")
      } catch {
        throw CommandFailure(
          "\(path)/points/\(name): found no right to replace it, expected one", .cannotCreate)
      }
    }
  }

  private func pointPath(_ name: String) -> String { "\(path)/points/\(name).json" }

  /// A point that was finished before; nil where there is none.
  func point<Point: Decodable>(_ name: String, as type: Point.Type) throws -> Point? {
    let path = pointPath(name)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let bytes = try CommandFailure.wrapping {
      try FileReader.bytes(at: path, limit: Self.byteLimit)
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch {
      throw CommandFailure(
        "\(path): found no point of a report, expected what report wrote: remove the file",
        .badData)
    }
  }

  /// Keeps a finished point.
  func keep(_ point: some Encodable, _ name: String) throws {
    let bytes = try Array((Terminal.json(point) + "\n").utf8)
    FileWriter.removeLeftovers(of: pointPath(name))
    try CommandFailure.wrapping {
      try FileWriter.write(bytes, to: pointPath(name), overwriting: true)
    }
  }

  /// Writes the report itself and its plot, in place of earlier ones.
  ///
  /// - Returns: the paths of both.
  func write(_ report: some Encodable, plot: Plot, _ name: String) throws -> [String] {
    let (data, picture) = ("\(path)/\(name).json", "\(path)/\(name).png")
    for file in [data, picture] { FileWriter.removeLeftovers(of: file) }
    try CommandFailure.wrapping {
      try FileWriter.write(
        Array((Terminal.json(report) + "\n").utf8), to: data, overwriting: true)
      try PNGFile.write(
        plot.picture(), to: picture,
        text: [PNGTextEntry(keyword: "Software", text: Hypermarch.programName)],
        overwriting: true)
    }
    return [data, picture]
  }
}

/// The mean of some measurements, and how far they spread.
struct ReportSpread: Codable {
  let mean: Double
  /// √(Σ (x − mean)² / n), of the measurements themselves, not of their mean.
  let deviation: Double
  let count: Int

  /// - Precondition: there is a value.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "found no values, expected some")
    count = values.count
    let middle = values.reduce(0, +) / Double(values.count)
    mean = middle
    deviation =
      (values.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(values.count)).squareRoot()
  }
}

/// A command as it can be pasted into a shell.
func pastableCommand(_ words: [String]) -> String {
  let plain = /[A-Za-z0-9_.,=~:\/-]+/
  return words.map { word in
    word.wholeMatch(of: plain) != nil
      ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }.joined(separator: " ")
}

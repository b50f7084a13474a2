/// The names of a sequence's frames: one name with a place for the frame's number.
///
/// The place is a run of `#`, as in Blender, or `%d` or `%04d`, as in ffmpeg; it is in the file's own
/// name. Numbers are padded with zeros to its width, and longer ones are written in full.
package struct FramePattern: Sendable, Equatable {
  private let beginning: String
  private let end: String
  private let digitCount: Int

  /// The folder that the frames lie in; `.` where the pattern names none.
  package let folder: String

  /// Why a pattern is none.
  package enum Failure: Error, Equatable, Sendable {
    case noPlace
    case manyPlaces
    case placeInFolder
  }

  package init(_ text: String) throws(Failure) {
    let slash = text.lastIndex(of: "/")
    let name = slash.map { text[text.index(after: $0)...] } ?? text[...]
    folder = slash.map { $0 == text.startIndex ? "/" : String(text[..<$0]) } ?? "."
    let place = /#+|%(0?[0-9]*)d/
    let matches = name.matches(of: place)
    guard let match = matches.first else {
      throw text.firstMatch(of: place) == nil ? .noPlace : .placeInFolder
    }
    guard matches.count == 1 else { throw .manyPlaces }
    guard folder.firstMatch(of: place) == nil else { throw .placeInFolder }
    beginning = String(text[..<match.range.lowerBound])
    end = String(text[match.range.upperBound...])
    let digits = match.output.1.map { Int($0.drop { $0 == "0" }) ?? 1 }
    digitCount = min(digits ?? match.output.0.count, 20)
  }

  package func path(of frame: Int) -> String {
    let digits = "\(frame)"
    return beginning + String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
      + end
  }
}

extension FramePattern.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noPlace: "no place for the frame's number"
    case .manyPlaces: "more than one place for the frame's number"
    case .placeInFolder: "a place for the frame's number in the folder's name"
    }
  }
}

import Files
import Foundation

/// The configuration as text: JSON, keys in snake case.
extension ModelConfiguration {
  /// The configuration as JSON with sorted keys.
  ///
  /// - Precondition: every number is finite.
  package var text: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("found a number that is not finite, expected none in a configuration")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Reads and checks a configuration.
  ///
  /// Keys that are not known are passed over: a file may say more.
  ///
  /// - Parameter path: the model's file, for errors.
  package init(text: String, path: String) throws(CheckpointError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = Data(text.utf8)
    do {
      try Self.expectObject(text)
      // The version first: the rest of a newer file may look different.
      let version = try decoder.decode(Version.self, from: data).formatVersion
      guard version == Self.formatVersion else {
        throw CheckpointError.unsupportedVersion(
          path: path, found: version, expected: Self.formatVersion)
      }
      self = try decoder.decode(ModelConfiguration.self, from: data)
      try check(path: path)
    } catch let error as CheckpointError {
      throw error
    } catch let fault as Fault {
      throw CheckpointError(fault, path: path)
    } catch let error as DecodingError {
      throw CheckpointError(Fault(error), path: path)
    } catch {
      throw CheckpointError(.unknown, path: path)
    }
  }

  /// The longest text that is read, bytes.
  static let textByteLimit = 4 << 20

  /// Refuses what is no JSON object, by the letter: Foundation keeps one of two equal keys.
  static func expectObject(_ text: String) throws(Fault) {
    guard text.utf8.count <= textByteLimit else {
      throw Fault(
        key: "", found: "\(text.utf8.count) bytes", expected: "at most \(textByteLimit)")
    }
    let json: StrictJSON
    do {
      json = try StrictJSON(parsing: Array(text.utf8))
    } catch {
      throw Fault(
        key: "", found: "\(error.found) in line \(error.line), column \(error.column)",
        expected: error.expected)
    }
    guard case .object = json else { throw .notAnObject }
    do {
      try json.expectSnakeCase()
    } catch {
      throw Fault(
        key: "", found: "key \"\(StrictJSON.clipped(error.key))\"",
        expected: "keys in snake case, without capitals")
    }
  }

  private struct Version: Decodable {
    let formatVersion: Int
  }
}

extension CheckpointError {
  init(_ fault: ModelConfiguration.Fault, path: String) {
    self = .configuration(
      path: path, key: fault.key, found: fault.found, expected: fault.expected)
  }
}

extension ModelConfiguration.Fault {
  fileprivate static let notAnObject = Self(
    key: "", found: "another text", expected: "an object in JSON")

  /// What Foundation gives no place for: numbers.
  fileprivate static let unknown = Self(
    key: "", found: "a number that does not fit its key",
    expected: "whole numbers where things are counted, and no number beyond single precision")

  /// A decoder's complaint, in the format's words rather than Swift's.
  fileprivate init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let missing, let context):
      self.init(
        key: Self.key(context.codingPath + [missing]), found: "no such key", expected: "a value")
    case .valueNotFound(let type, let context):
      self.init(
        key: Self.key(context.codingPath), found: "nothing", expected: Self.words(for: type))
    case .typeMismatch(let type, let context):
      self.init(
        key: Self.key(context.codingPath), found: "another type", expected: Self.words(for: type))
    case .dataCorrupted(let context) where !context.codingPath.isEmpty:
      self.init(
        key: Self.key(context.codingPath), found: "a value that the format does not know",
        expected: "one that it knows")
    default:
      self = .unknown
    }
  }

  /// A place as the file spells it, such as `default_view.world_from_camera[2][3]`.
  private static func key(_ path: [any CodingKey]) -> String {
    var result = ""
    for key in path {
      if let index = key.intValue {
        result += "[\(index)]"
      } else {
        if !result.isEmpty { result += "." }
        for character in key.stringValue {
          result += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
      }
    }
    return result
  }

  private static func words(for type: any Any.Type) -> String {
    switch type {
    case is Int.Type, is UInt64.Type: "a whole number"
    case is Float.Type, is Double.Type: "a number"
    case is String.Type: "text"
    case is [Any].Type: "an array"
    case is [String: Any].Type: "an object"
    default: "\(type)"
    }
  }
}

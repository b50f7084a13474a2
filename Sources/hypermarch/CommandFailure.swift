import Checkpoints
import Datasets
import Files
import Foundation
import Imaging
import Sequences

/// The program's exit codes, after BSD's sysexits.
enum FailureCode: Int32, CaseIterable {
  case usage = 64
  case badData = 65
  case missingInput = 66
  case unavailable = 69
  case numericFailure = 70
  case cannotCreate = 73
  case inputOutput = 74
  /// Stopped by SIGUSR1, after saving where there is something to save, as a scheduler does that wants the machine for others.
  case tryAgain = 75
  // 128 and the number of the signal.
  case hungUp = 129
  case interrupted = 130
  case terminated = 143

  /// What it says, for the help.
  private var meaning: String {
    switch self {
    case .usage: "wrong use"
    case .badData: "a file is not what it should be"
    case .missingInput: "a file is not there"
    case .unavailable: "the processor, the memory or a program is missing"
    case .numericFailure: "numbers went wrong"
    case .cannotCreate: "the output exists, or may not be created"
    case .inputOutput: "the output cannot be written"
    case .tryAgain: "SIGUSR1, after saving what a rerun goes on from: run it again"
    case .hungUp: "SIGHUP, after saving where there is something to save"
    case .interrupted: "SIGINT, likewise"
    case .terminated: "SIGTERM, likewise"
    }
  }

  /// Every code with what it says, a line each.
  static var help: String {
    (["  0    done"]
      + allCases.map { code in
        "  " + "\(code.rawValue)".padding(toLength: 5, withPad: " ", startingAt: 0) + code.meaning
      }).joined(separator: "\n")
  }
}

/// Why a command stopped: one line for the user and an exit code for scripts.
struct CommandFailure: Error, CustomStringConvertible {
  let description: String
  let exitCode: FailureCode

  init(_ description: String, _ exitCode: FailureCode) {
    // Names and paths may hold anything, and be of any length.
    self.description = description.clipped(to: 1000)
    self.exitCode = exitCode
  }

  init(_ error: FileError) {
    self.init(error.description, error.failureCode)
  }

  init(_ error: PNGError) {
    if case .file(let error) = error {
      self.init(error)
    } else {
      self.init(error.description, .badData)
    }
  }

  init(_ error: DatasetError) {
    self.init(error.description, error.isMissingInput ? .missingInput : .badData)
  }

  init(_ error: SceneDescriptionError) {
    if case .file(let error) = error {
      self.init(error)
    } else {
      self.init(error.description, .badData)
    }
  }

  init(_ error: CheckpointError) {
    switch error {
    case .safetensors(.file(let error)): self.init(error)
    case .notFinite: self.init(error.description, .numericFailure)
    default: self.init(error.description, .badData)
    }
  }

  /// Runs a library call, giving its error an exit code.
  static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw CommandFailure(error)
    } catch let error as PNGError {
      throw CommandFailure(error)
    } catch let error as DatasetError {
      throw CommandFailure(error)
    } catch let error as SceneDescriptionError {
      throw CommandFailure(error)
    } catch let error as CheckpointError {
      throw CommandFailure(error)
    } catch let error as PictureSettingsError {
      throw CommandFailure(error.description, .badData)
    }
  }
}

extension CommandFailure {
  /// Says how many pixels of renderings were not finite numbers.
  ///
  /// - Throws: `CommandFailure` where they were more than 0.1 %.
  static func check(nonFinitePixelCount count: Int, of pixelCount: Int) throws {
    guard count > 0 else { return }
    Terminal.error("warning: \(count) pixels were not finite, shown as empty")
    if isTooMany(count, of: pixelCount) {
      throw CommandFailure("more than 0.1 % of the pixels were not finite", .numericFailure)
    }
  }

  /// Says which files were not written, because too many of their pixels were not finite.
  ///
  /// - Throws: `CommandFailure` where there are any.
  static func check(unsound paths: [String]) throws {
    guard let first = paths.first else { return }
    throw CommandFailure(
      "\(first): found more than 0.1 % of the pixels not finite, expected numbers: "
        + "\(ProgressReporter.count(paths.count, "such picture")) not written", .numericFailure)
  }

  /// Whether more than 0.1 % of the pixels were not finite: what they are part of shows no scene.
  static func isTooMany(_ nonFinitePixelCount: Int, of pixelCount: Int) -> Bool {
    Double(nonFinitePixelCount) > 0.001 * Double(pixelCount)
  }
}

extension FileError {
  fileprivate var failureCode: FailureCode {
    switch self {
    case .missing, .notAFile, .unreadable: .missingInput
    case .tooLarge, .changed: .badData
    case .alreadyExists, .cannotCreate: .cannotCreate
    case .writeFailed: .inputOutput
    }
  }
}

import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import NeuralFields
import Training

/// What each old scene of a model has lost by what the model learned since.
///
/// Without pictures of the old scenes, the model before is the truth: its renderings are compared with those
/// after. If what has changed is unlike the errors that were there, squared errors add up, and
///
///     loss = 10 log₁₀(1 + e_change / e_before) dB        e_before = a e,  e_rays = (f + (1 − f) ā) e
///
/// e_rays is what the training's record says of its rays. A share f of them was drawn through the object alone,
/// where all errors are: a scene that covers the share a of its pictures, ā on average, is taken to have the
/// error e there and none elsewhere. With pictures the loss is measured.
struct ForgettingTable {
  let entries: [LibraryChange.Forgetting]

  init(entries: [LibraryChange.Forgetting]) {
    self.entries = entries
  }

  /// - Parameters:
  ///   - rows: pairs of the same scene's rows, before and after; scenes that are no variants.
  ///   - views: pictures of old scenes by name.
  init(
    before: Checkpoint, after: Checkpoint, rows: [(before: Int, after: Int)],
    views: [String: [PosedImage]] = [:], threadCount: Int, isQuiet: Bool
  ) {
    let (first, second) = (
      ModelTrial(model: before, threadCount: threadCount),
      ModelTrial(model: after, threadCount: threadCount)
    )
    var reporter = ProgressReporter(isQuiet: isQuiet)
    let found = rows.enumerated().map { place, row in
      let name = after.latents.names[row.after]
      reporter.show("comparing old scene \(place + 1) of \(rows.count)  \(name)")
      let (oldCode, newCode) = (before.latents[row.before], after.latents[row.after])
      let own = first.ownViews(of: oldCode)
      let pictures = views[before.latents.names[row.before]]
      return Comparison(
        scene: name, coverage: own.coverage,
        ownPsnr: second.psnr(of: newCode, beside: own.views),
        psnrBefore: pictures.map { first.psnr(of: oldCode, beside: $0) },
        psnrAfter: pictures.map { second.psnr(of: newCode, beside: $0) })
    }
    let coverage = found.reduce(0) { $0 + $1.coverage } / Double(max(found.count, 1))
    let error = Self.objectError(of: before.configuration.training, coverage: coverage)
    entries = found.map { own in
      let loss =
        if let psnrBefore = own.psnrBefore, let psnrAfter = own.psnrAfter {
          psnrBefore - psnrAfter
        } else { Self.loss(ownPsnr: own.ownPsnr, errorBefore: own.coverage * error) }
      return LibraryChange.Forgetting(
        scene: own.scene, ownPsnr: own.ownPsnr, psnrBefore: own.psnrBefore,
        psnrAfter: own.psnrAfter, loss: loss)
    }
  }

  /// One scene before and after.
  private struct Comparison {
    let scene: String
    /// The share of its pictures that it covers, 0…1.
    let coverage: Double
    let ownPsnr: Double
    let psnrBefore: Double?
    let psnrAfter: Double?
  }

  /// e: the mean squared error where there is an object.
  ///
  /// - Parameter coverage: ā.
  private static func objectError(
    of training: ModelConfiguration.TrainingRecord?, coverage: Double
  ) -> Double {
    let rayError = pow(10, -0.1 * (training?.trainingPsnr ?? 30))
    let shares = training?.options["foreground"]?.split(separator: ",").compactMap { Double($0) }
    let share = min(1, max(0, shares?.last ?? 0))
    return rayError / max(share + (1 - share) * coverage, 1e-6)
  }

  /// dB.
  private static func loss(ownPsnr: Double, errorBefore: Double) -> Double {
    guard ownPsnr < Evaluation.highestPSNR else { return 0 }
    return 10 * log10(1 + pow(10, -0.1 * ownPsnr) / max(errorBefore, 1e-12))
  }

  /// dB; 0 where there is no old scene.
  var meanLoss: Double { entries.reduce(0) { $0 + $1.loss } / Double(max(entries.count, 1)) }

  /// The scene that has lost most.
  var worst: LibraryChange.Forgetting? { entries.max { $0.loss < $1.loss } }

  /// Refuses a change by which some old scene has lost more than allowed.
  ///
  /// - Throws: `CommandFailure`, which says what to do.
  func check(maximumLoss: Double?, model: String) throws {
    guard let maximumLoss, let worst, worst.loss > maximumLoss else { return }
    let count = entries.count { $0.loss > maximumLoss }
    throw CommandFailure(
      "\(model): found \(worst.scene) to lose \(Self.number(worst.loss)) dB, and "
        + "\(ProgressReporter.count(count, "scene")) above \(Self.number(maximumLoss)) dB, expected "
        + "none: hold old scenes more firmly, or add --keep to write it all the same",
      .numericFailure)
  }

  /// - Throws: `ValidationError` for options of no use.
  static func validate(maximumLoss: Double?, keep: Bool) throws {
    if let maximumLoss, !(maximumLoss >= 0 && maximumLoss.isFinite) {
      throw ValidationError("--maximum-loss: found \(maximumLoss), expected 0 or more")
    }
    if keep && maximumLoss == nil {
      throw ValidationError("--keep: found no --maximum-loss, expected one to pass over")
    }
  }

  private static func number(_ value: Double) -> String { String(format: "%.2f", value) }

  var text: String {
    guard !entries.isEmpty else { return "" }
    let names = LatentSurvey.padded(["old scene"] + entries.map(\.scene) + ["mean"])
    let measured = entries.contains { $0.psnrBefore != nil }
    func line(_ name: String, _ own: Double, _ before: Double?, _ after: Double?, _ loss: Double)
      -> String
    {
      let pictures =
        !measured ? "" : before.map { String(format: "%9.2f", $0) } ?? "        -"
      let later = !measured ? "" : after.map { String(format: "%9.2f", $0) } ?? "        -"
      return name + String(format: "%9.2f", own) + pictures + later + String(format: "%9.2f", loss)
    }
    func mean(_ values: [Double]) -> Double? {
      values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    return
      ([names[0] + "  own dB" + (measured ? "   before    after" : " ") + "     loss"]
      + zip(names.dropFirst(), entries).map {
        line($0, $1.ownPsnr, $1.psnrBefore, $1.psnrAfter, $1.loss)
      }
      + [
        line(
          names[names.count - 1], mean(entries.map(\.ownPsnr)) ?? 0,
          mean(entries.compactMap(\.psnrBefore)), mean(entries.compactMap(\.psnrAfter)),
          meanLoss)
      ]).joined(separator: "\n")
  }
}

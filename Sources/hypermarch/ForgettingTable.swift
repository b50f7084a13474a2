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
/// error e there and none elsewhere. With pictures the loss is measured. Of a scene that moves it is the moment
/// that has changed most that counts.
struct ForgettingTable {
  let entries: [LibraryChange.Forgetting]
  /// Of each scene the PSNR beside pictures before, as it is estimated without any, dB.
  private let estimates: [Double]
  /// What each scene had lost by earlier changes, dB.
  private let earlierLosses: [Double]

  /// The scenes of several tables, one behind the other.
  init(joining tables: [ForgettingTable]) {
    entries = tables.flatMap(\.entries)
    estimates = tables.flatMap(\.estimates)
    earlierLosses = tables.flatMap(\.earlierLosses)
  }

  /// - Parameters:
  ///   - scenes: pairs of the same scene of either model.
  ///   - views: pictures of old scenes by name.
  init(
    before: Checkpoint, after: Checkpoint,
    scenes: [(before: LibraryScene, after: LibraryScene)],
    views: [String: [PosedImage]] = [:], threadCount: Int, isQuiet: Bool
  ) {
    let (first, second) = (
      ModelTrial(model: before, threadCount: threadCount),
      ModelTrial(model: after, threadCount: threadCount)
    )
    var reporter = ProgressReporter(isQuiet: isQuiet)
    let found = scenes.enumerated().map { place, scene in
      reporter.show("comparing old scene \(place + 1) of \(scenes.count)  \(scene.after.name)")
      let moments = zip(scene.before.moments, scene.after.moments).map { old, new in
        let own = first.ownViews(of: old.code)
        return Moment(
          time: old.time, coverage: own.coverage,
          ownPsnr: second.psnr(of: new.code, beside: own.views))
      }
      let pictures = views[scene.before.name]
      return Comparison(
        scene: scene.after.name,
        coverage: moments.reduce(0) { $0 + $1.coverage } / Double(max(moments.count, 1)),
        worst: moments.min { $0.ownPsnr < $1.ownPsnr },
        psnrBefore: pictures.map { first.psnr(of: scene.before, beside: $0) },
        psnrAfter: pictures.map { second.psnr(of: scene.after, beside: $0) })
    }
    let coverage = found.reduce(0) { $0 + $1.coverage } / Double(max(found.count, 1))
    let error = Self.objectError(of: before.configuration.training, coverage: coverage)
    entries = found.map { own in
      let loss =
        if let psnrBefore = own.psnrBefore, let psnrAfter = own.psnrAfter {
          psnrBefore - psnrAfter
        } else { Self.loss(ownPsnr: own.ownPsnr, errorBefore: own.coverage * error) }
      return LibraryChange.Forgetting(
        scene: own.scene, time: own.worst?.time, ownPsnr: own.ownPsnr, psnrBefore: own.psnrBefore,
        psnrAfter: own.psnrAfter, loss: loss)
    }
    estimates = found.map { -10 * log10(max($0.coverage * error, 1e-12)) }
    let earlier = before.configuration.lossesSoFar
    earlierLosses = scenes.map { earlier[$0.before.name] ?? 0 }
  }

  /// A moment of a scene before and after.
  private struct Moment {
    let time: Double?
    /// The share of its pictures that it covers, 0…1.
    let coverage: Double
    let ownPsnr: Double
  }

  /// One scene before and after.
  private struct Comparison {
    let scene: String
    /// The mean over its moments.
    let coverage: Double
    /// The moment that has changed most.
    let worst: Moment?
    let psnrBefore: Double?
    let psnrAfter: Double?

    var ownPsnr: Double { worst?.ownPsnr ?? Evaluation.highestPSNR }
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

  /// A line per scene; estimates of the PSNR before and after where there are no pictures to measure it by.
  var text: String {
    guard !entries.isEmpty else { return "" }
    let isMeasured = entries.contains { $0.psnrBefore != nil }
    let adds = earlierLosses.contains { $0 > 0 }
    let names = LatentSurvey.padded(
      ["old scene"]
        + entries.map { $0.scene + ($0.time.map { String(format: " at %.2f", $0) } ?? "") }
        + ["mean"])
    let rows = entries.indices.map { place -> [Double?] in
      let entry = entries[place]
      let before = isMeasured ? entry.psnrBefore : estimates[place]
      let after = isMeasured ? entry.psnrAfter : estimates[place] - entry.loss
      return [entry.ownPsnr, before, after, entry.loss]
        + (adds ? [earlierLosses[place] + entry.loss] : [])
    }
    let means = rows[0].indices.map { column -> Double? in
      let values = rows.compactMap { $0[column] }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    func line(_ name: String, _ values: [Double?]) -> String {
      name + values.map { $0.map { String(format: "%9.2f", $0) } ?? "        -" }.joined()
    }
    return
      ([
        names[0] + "   own dB" + (isMeasured ? "   before    after" : "  ~before   ~after")
          + "     loss" + (adds ? "   in all" : "")
      ] + zip(names.dropFirst(), rows).map { line($0, $1) }
      + [line(names[names.count - 1], means)]).joined(separator: "\n")
  }
}

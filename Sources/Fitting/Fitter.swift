import Checkpoints
import Foundation
import Kernels
package import NeuralFields
import Training
package import VolumeRendering

/// Fits latents of a model to pictures.
///
/// Touches no files and prints nothing. The same pictures, settings and numbers of steps give the same
/// bytes for any number of threads.
package struct Fitter {
  package let model: FitModel
  package let settings: FitSettings
  package let threadCount: Int
  var gradients: RayGradients
  private var losses: RayLosses

  package init(_ model: FitModel, settings: FitSettings = FitSettings(), threadCount: Int) {
    self.model = model
    self.settings = settings
    self.threadCount = threadCount
    let (field, bound) = (model.checkpoint.configuration.field, model.bound)
    gradients = RayGradients(
      architecture: field, bound: bound, samplesPerDiagonal: settings.samplesPerDiagonal,
      threadCount: threadCount)
    losses = RayLosses(
      architecture: field, bound: bound, samplesPerDiagonal: settings.samplesPerDiagonal,
      threadCount: threadCount)
  }

  /// A picture and the camera that took it, both of one size.
  package typealias View = (picture: FitPicture, camera: Camera)

  /// What a fit of the code alone found.
  package struct CodeResult: Sendable {
    package let code: LatentCode
    /// Steps of all starts together.
    package let stepCount: Int
    /// The start that was chosen.
    package let start: Start
  }

  /// Where a fit of the code begins.
  package enum Start: Sendable, Hashable {
    case mean
    /// A code that was given.
    case given
    /// A training scene, by its number.
    case scene(Int)
  }

  /// Pictures and cameras in the size that is fitted to.
  package func reduced(_ views: [View]) -> [View] {
    views.map { view in
      let picture = view.picture.reduced(toSide: settings.pictureSide)
      return (
        picture, view.camera.resized(width: picture.width, height: picture.height)
      )
    }
  }

  /// Rays of views in the size that is fitted to.
  package func rays(of views: [View], heldOutShare: Float = 0) -> FitRays {
    FitRays(
      views, mirror: model.mirror, mirrorShare: settings.mirrorShare, heldOutShare: heldOutShare,
      random: SeededGenerator(seed: settings.seed, 3))
  }

  /// Fits a code to rays of known cameras.
  ///
  /// Several starts take a few steps, and the best of them goes on. The result is the mean code of the
  /// last quarter of the steps.
  ///
  /// - Parameters:
  ///   - given: whitened codes to begin from, beside the mean and the nearest training codes.
  ///   - isOutOfTime: asked after every step; the steps then end.
  package mutating func fitCode(
    to rays: FitRays, from given: [[Float]] = [], isOutOfTime: () -> Bool = { false }
  ) -> CodeResult {
    let random = SeededGenerator(seed: settings.seed, 1)
    let starts = starts(for: rays, given: given)
    var fits = starts.map { CodeFit(whitened: $0.whitened) }
    var stepCount = 0
    for place in fits.indices {
      for step in 0..<settings.startSteps where place == 0 || !isOutOfTime() {
        fits[place].step(
          rays, model: model, settings: settings, gradients: &gradients,
          learningRate: settings.codeLearningRate, random: random.split(UInt64(step)),
          countsForMean: false, threadCount: threadCount)
        stepCount += 1
      }
    }
    let best = fits.indices.min { fits[$0].objective < fits[$1].objective } ?? 0
    var fit = fits[best]
    var plateau = Plateau(share: settings.plateauShare)
    let tailStart = settings.codeSteps * 3 / 4
    for step in 0..<settings.codeSteps {
      if isOutOfTime() { break }
      let progress = Float(step) / Float(settings.codeSteps)
      let share =
        settings.finalRateShare + (1 - settings.finalRateShare) * (1 + cos(.pi * progress)) / 2
      fit.step(
        rays, model: model, settings: settings, gradients: &gradients,
        learningRate: settings.codeLearningRate * share,
        random: random.split(UInt64(settings.startSteps + step)), countsForMean: step >= tailStart,
        threadCount: threadCount)
      stepCount += 1
      if step % 20 == 19, step >= tailStart, plateau.isReached(at: fit.objective) { break }
    }
    return CodeResult(
      code: model.prior.code(whitened: fit.result), stepCount: stepCount,
      start: starts[best].start)
  }

  /// The end of progress: three looks without a gain.
  private struct Plateau {
    let share: Double
    private var best = Double.infinity
    private var looks = 0

    init(share: Double) { self.share = share }

    mutating func isReached(at objective: Double) -> Bool {
      if objective < best * (1 - share) {
        (best, looks) = (objective, 0)
      } else {
        looks += 1
      }
      return looks >= 3
    }
  }

  /// Where to begin: given codes, the mean, and the training codes that show the pictures best.
  private mutating func starts(
    for rays: FitRays, given: [[Float]]
  ) -> [(start: Start, whitened: [Float])] {
    let mean = [Float](repeating: 0, count: model.prior.width)
    var starts: [(start: Start, whitened: [Float])] = given.map { (.given, $0) } + [(.mean, mean)]
    let wanted = settings.startCount - starts.count
    guard wanted > 0 else { return starts }
    for scene in ranking(for: rays).prefix(wanted) {
      starts.append((.scene(scene), model.prior.whitened(model.codes[scene])))
    }
    return starts
  }

  /// The training scenes, those first that show the pictures best.
  package mutating func ranking(for rays: FitRays) -> [Int] {
    let scenes = Array(model.codes.names.indices)
    let losses = losses(of: scenes, for: rays, rayCount: 256)
    return scenes.sorted { (losses[$0], $0) < (losses[$1], $1) }
  }

  /// The mean loss of rays, the same for every scene, with the fields of training scenes.
  package mutating func losses(
    of scenes: [Int], for rays: FitRays, rayCount: Int
  ) -> [Double] {
    let everywhere = FitOccupancy(everywhereIn: model.bound)
    let drawn = rays.draw(
      rayCount, within: everywhere.box, near: model.near,
      random: SeededGenerator(seed: settings.seed, 2))
    let model = model
    return losses.means(count: scenes.count) { index in
      RayLosses.Job(
        rays: drawn, field: model.checkpoint.field(for: model.codes[scenes[index]]),
        occupancy: everywhere)
    }
  }

  /// The mean loss of the rays that were held out.
  mutating func heldOutLoss(_ rays: FitRays, field: CoordinateMLP, occupancy: FitOccupancy)
    -> Double
  {
    losses.mean(
      rays.heldOutRays(within: occupancy.box, near: model.near, limit: 4096), field: field,
      occupancy: occupancy)
  }

  /// The mean losses of so many jobs.
  mutating func losses(count: Int, _ job: @Sendable (Int) -> RayLosses.Job) -> [Double] {
    losses.means(count: count, job)
  }

  /// The mean losses of groups of rays with the fields of codes, `[codes][groups]`.
  mutating func losses(of codes: [LatentCode], for rays: [[TrainingRay]]) -> [[Double]] {
    let (model, groupCount) = (model, rays.count)
    let everywhere = FitOccupancy(everywhereIn: model.bound)
    let length = model.layout.count
    var result: [[Double]] = []
    // Some fields at a time: a model may know thousands of codes.
    for start in stride(from: 0, to: codes.count, by: 16) {
      let some = codes[start..<min(start + 16, codes.count)]
      let weights = model.checkpoint.hypernetwork.forward(
        codes: some.flatMap(\.values), batch: some.count, threadCount: threadCount
      ).weights
      let fields = some.indices.map { index in
        model.field(
          FieldWeights(Array(weights[(index - start) * length..<(index - start + 1) * length])))
      }
      let means = losses.means(count: some.count * groupCount) { job in
        RayLosses.Job(
          rays: rays[job % groupCount], field: fields[job / groupCount], occupancy: everywhere)
      }
      for place in some.indices.map({ $0 - start }) {
        result.append(Array(means[place * groupCount..<(place + 1) * groupCount]))
      }
    }
    return result
  }

  /// The gradient of rays to the weights.
  mutating func gradient(
    _ drawn: [TrainingRay], field: CoordinateMLP, occupancy: FitOccupancy
  ) -> (loss: Double, gradient: [Float]) {
    gradients.evaluate(drawn, field: field, occupancy: occupancy)
  }
}

import Checkpoints
import Foundation
import Kernels
import NeuralFields
import Training
package import VolumeRendering

/// A camera that may have taken a picture, and a code for what is on it.
package struct CameraHypothesis: Sendable {
  package var camera: Camera
  /// y of z = μ + L y, `[width]`.
  package var whitened: [Float]
  /// The mean squared error it was last seen with.
  package var loss: Double
}

/// Where cameras are looked for.
package struct CameraSearch: Sendable {
  /// Columns around the object.
  package var azimuthCount = 24
  /// Rows, degrees above the horizontal plane.
  package var elevations: [Float] = [0, 18, 36, 54, 72]
  /// Distances, as shares of the model's own view's.
  package var distances: [Float] = [1]
  /// Codes that every camera is tried with: the mean, and the middles of so many clusters less one.
  package var codeCount = 8
  /// The longest side of the picture, pixels.
  package var pictureSide = 20
  /// Intervals along the bound's diagonal.
  package var samplesPerDiagonal = 40
  /// How far apart two hypotheses' cameras must be to be two, degrees.
  package var separation: Float = 25

  /// Hypotheses that are refined together with their codes, and those of them that go on.
  package var firstCount = 14
  package var secondCount = 4
  package var firstSteps = 40
  package var secondSteps = 80
  package var lastSteps = 240
  package var raysPerStep = 512
  /// Adam's step size, radians, and shares of the camera's distance.
  package var learningRate: Float = 0.02
  package var codeLearningRate: Float = 0.1
  /// Weight of the squared shift from where the model's own view has the object, in camera distances,
  /// and of the squared roll, radians: code and camera can explain the same outline.
  package var placeWeight: Float = 1
  /// λ |y|² / d in the comparison of hypotheses and in their refinement.
  package var priorWeight: Float = 1e-3

  package init() {}
}

extension Fitter {
  /// What a search found.
  package struct CameraResult: Sendable {
    /// The best first; the camera has the picture's size.
    package let hypotheses: [CameraHypothesis]
    /// How much better the best is than the best from another side, 0…1: 1 − loss / other loss.
    package let confidence: Double
    package let stepCount: Int
  }

  /// Looks for the camera that took a picture.
  ///
  /// First many cameras around the object are compared on a small picture, each with several codes; then
  /// the best, far enough apart, are refined together with their codes by Adam, in rounds of which only
  /// the better half goes on. Pixels that were held out decide which is the best.
  ///
  /// - Parameters:
  ///   - picture: in the size that is fitted to.
  ///   - view: a camera at the expected distance, with the picture's field of view.
  ///   - pivot: the point that cameras look at.
  package mutating func findCamera(
    of picture: FitPicture, like view: Camera, pivot: SIMD3<Float>
  ) -> CameraResult {
    let search = settings.search
    let random = SeededGenerator(seed: settings.seed, 8)
    let coarse = coarseHypotheses(of: picture, like: view, pivot: pivot, search: search)
    let rays = CameraRays(
      picture, heldOutShare: settings.heldOutShare, random: random.split(0))
    var fits = separated(
      coarse, count: search.firstCount, degrees: search.separation, \.camera
    ).map { CameraFit($0) }
    var stepCount = 0
    let total = search.firstSteps + search.secondSteps + search.lastSteps
    var engine = CameraEngine(
      model: model, settings: settings, expectedDistance: (view.position - pivot).length,
      pivot: pivot, threadCount: threadCount)
    var done = 0
    for (steps, count) in [
      (search.firstSteps, search.secondCount), (search.secondSteps, 2), (search.lastSteps, 2),
    ] {
      for place in fits.indices {
        for step in done..<done + steps {
          let progress = Float(step) / Float(total)
          engine.step(
            &fits[place], rays: rays, share: 0.03 + 0.97 * (1 - progress),
            random: random.split(UInt64(step + 1)))
          stepCount += 1
        }
        fits[place].hypothesis.loss = engine.loss(
          fits[place].hypothesis, rays: rays, onlyHeldOut: done + steps == total)
      }
      done += steps
      let ranked = fits.sorted { $0.hypothesis.loss < $1.hypothesis.loss }
      // Two that have come together count as one.
      fits = separated(ranked, count: count, degrees: search.separation / 2) {
        $0.hypothesis.camera
      }
    }
    let found = fits.map(\.hypothesis)
    let other = found.count > 1 ? found[1].loss : .infinity
    return CameraResult(
      hypotheses: found, confidence: other > 0 ? max(0, 1 - found[0].loss / other) : 0,
      stepCount: stepCount)
  }

  /// The first items whose cameras are apart from those of all before them.
  private func separated<Item>(
    _ items: [Item], count: Int, degrees: Float, _ camera: (Item) -> Camera
  ) -> [Item] {
    var kept: [Item] = []
    for item in items where kept.count < count {
      if kept.allSatisfy({ camera($0).angle(to: camera(item)) > degrees * .pi / 180 }) {
        kept.append(item)
      }
    }
    return kept
  }

  /// All cameras of the search with all its codes, the best first.
  private mutating func coarseHypotheses(
    of picture: FitPicture, like view: Camera, pivot: SIMD3<Float>, search: CameraSearch
  ) -> [CameraHypothesis] {
    let small = picture.reduced(toSide: search.pictureSide)
    let rays = CameraRays(small, heldOutShare: 0, random: SeededGenerator(seed: settings.seed, 9))
    let codes = model.prior.representatives(
      of: model.codes, count: search.codeCount)
    let (model, threadCount) = (model, threadCount)
    let scenes = codes.map { code -> (field: CoordinateMLP, occupancy: FitOccupancy) in
      let field = model.checkpoint.field(for: model.prior.code(whitened: code))
      return (field, FitOccupancy(of: field, threadCount: threadCount))
    }
    let distance = (view.position - pivot).length
    let angle = 2 * atan(0.5 * Float(view.width) / view.focalX)
    var cameras: [Camera] = []
    for share in search.distances {
      for elevation in search.elevations {
        for index in 0..<search.azimuthCount {
          cameras.append(
            Camera(
              orbitAzimuth: 2 * .pi * Float(index) / Float(search.azimuthCount),
              elevation: elevation * .pi / 180, distance: distance * share, target: pivot,
              horizontalFieldOfView: angle, width: picture.width, height: picture.height))
        }
      }
    }
    var losses = RayLosses(
      architecture: model.checkpoint.configuration.field, bound: model.bound,
      samplesPerDiagonal: search.samplesPerDiagonal, threadCount: threadCount)
    let sceneCount = scenes.count
    let candidates = cameras
    let means = losses.means(count: cameras.count * sceneCount) { index in
      let (place, scene) = index.quotientAndRemainder(dividingBy: sceneCount)
      let camera = candidates[place].resized(width: small.width, height: small.height)
      return RayLosses.Job(
        rays: rays.all(
          onlyHeldOut: false, camera: camera, within: scenes[scene].occupancy.box,
          near: model.near), field: scenes[scene].field, occupancy: scenes[scene].occupancy)
    }
    return means.indices.sorted { (means[$0], $0) < (means[$1], $1) }.map { index in
      CameraHypothesis(
        camera: candidates[index / sceneCount], whitened: codes[index % sceneCount],
        loss: means[index])
    }
  }
}

extension LatentPrior {
  /// Whitened codes that stand for the training codes: the mean, and the middles of clusters.
  ///
  /// (Lloyd 1982, https://doi.org/10.1109/TIT.1982.1056489, from starting points far apart.)
  func representatives(of table: LatentTable, count: Int) -> [[Float]] {
    let mean = [Float](repeating: 0, count: width)
    let codes = table.names.indices.map { whitened(table[$0]) }
    func distance(_ a: [Float], _ b: [Float]) -> Float {
      zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    var centres: [[Float]] = []
    while centres.count < min(count - 1, codes.count) {
      let known = [mean] + centres
      let farthest = codes.indices.max { first, second in
        (known.map { distance($0, codes[first]) }.min() ?? 0)
          < (known.map { distance($0, codes[second]) }.min() ?? 0)
      }
      centres.append(codes[farthest ?? 0])
    }
    for _ in 0..<10 {
      var sums = centres.map { _ in mean }
      var counts = [Float](repeating: 0, count: centres.count)
      for code in codes {
        guard
          let nearest = centres.indices.min(by: {
            distance(centres[$0], code) < distance(centres[$1], code)
          })
        else { continue }
        counts[nearest] += 1
        for k in code.indices { sums[nearest][k] += code[k] }
      }
      for place in centres.indices where counts[place] > 0 {
        centres[place] = sums[place].map { $0 / counts[place] }
      }
    }
    return [mean] + centres
  }
}

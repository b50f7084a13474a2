import Checkpoints
import Foundation
import Imaging
import Kernels
package import NeuralFields
import VolumeRendering

/// Why a fit should not be trusted.
package enum Mistrust: String, Sendable, Codable, CaseIterable {
  /// The fitted field shows next to nothing where the picture shows the object.
  case empty
  /// The fitted field is much thinner along the view than any training scene.
  case flat
  /// The code lies farther from the mean than codes of the prior do.
  case outsidePrior = "outside_prior"
  /// The fitted view differs much from the picture.
  case badReconstruction = "bad_reconstruction"
  /// The fitted view has another outline than the object in the picture.
  case otherOutline = "other_outline"
  /// Cameras on different sides explain the picture about as well.
  case ambiguousCamera = "ambiguous_camera"
  /// No colour fills the picture's border, so the background counts as part of the object.
  case noBackground = "no_background"

  /// Whether the fitted scene does not show what the pictures show, so that nothing near it is a guess at
  /// what they may show.
  package var isMisfit: Bool {
    switch self {
    case .empty, .flat, .badReconstruction, .otherOutline: true
    case .outsidePrior, .ambiguousCamera, .noBackground: false
    }
  }

  /// The reason in words.
  package var explanation: String {
    switch self {
    case .empty: "the fitted scene shows next to nothing"
    case .flat: "the fitted scene is flat, a picture rather than an object"
    case .outsidePrior: "the code is unlike those of the model's scenes"
    case .badReconstruction: "the fitted view differs much from the picture"
    case .otherOutline: "the fitted view has another outline than the picture"
    case .ambiguousCamera: "views from different sides explain the picture about as well"
    case .noBackground: "no plain background was found: use --background or --mask"
    }
  }
}

/// How well a fit explains its pictures, and whether it can be trusted.
package struct FitAssessment: Sendable {
  /// The mean over the pictures of the PSNR of the fitted views over white, dB.
  package let psnr: Double
  /// The mean over the pictures of intersection over union of the outlines, 0…1.
  package let outlineLikeness: Double
  /// |y| of the code, and the radius beyond which codes are unlike the prior's.
  package let distance: Double
  package let shellRadius: Double
  /// How thick the scene is along the first view, as a share of the thinnest training scene.
  package let thickness: Double
  /// Shown area over the object's area in the pictures.
  package let shownShare: Double
  package let reasons: [Mistrust]

  package var isTrusted: Bool { reasons.isEmpty }

  // What fits of unseen objects of the training class keep to, with room.
  private static let leastPSNR = 17.0
  private static let leastCodePSNR = 15.0
  private static let leastOutlineLikeness = 0.75
  private static let leastThickness = 0.5
  private static let leastShownShare = 0.3
  private static let leastConfidence = 0.05
}

extension Fitter {
  /// Looks at a fitted latent.
  ///
  /// - Parameters:
  ///   - views: pictures in the size that is fitted to, and cameras.
  ///   - confidence: of the camera search, where there was one.
  ///   - codePSNR: of the code alone, where weights were refined: they can explain anything.
  package func assess(
    _ latent: SceneLatent, views: [View], confidence: Double? = nil, codePSNR: Double? = nil
  ) -> FitAssessment {
    let field = model.checkpoint.field(for: latent, threadCount: threadCount)
    let grid = OccupancyGrid(of: field, resolution: 64, threadCount: threadCount)
    let renderer = Renderer(
      settings: RenderSettings(quality: .preview, near: model.near, threadCount: threadCount))
    var psnr = 0.0
    var likeness = 0.0
    var (shown, covered) = (0.0, 0.0)
    for (picture, camera) in views {
      let rendered = renderer.render(field, camera: camera, grid: grid)
      let behind = picture.background ?? [1, 1, 1]
      psnr += min(
        100, ImageMetrics.psnr(rendered.picture(over: behind), picture.image(over: behind)))
      var (both, either) = (0.0, 0.0)
      for (opacity, coverage) in zip(rendered.opacity, picture.coverage) {
        both += Double(min(opacity, coverage))
        either += Double(max(opacity, coverage))
        shown += Double(opacity)
        covered += Double(coverage)
      }
      likeness += either > 0 ? both / either : 0
    }
    let count = Double(views.count)
    let thickness = thickness(of: field, along: views[0].camera.backward)
    return FitAssessment(
      psnr: psnr / count, outlineLikeness: likeness / count,
      distance: Double(model.prior.distance(of: latent.code)),
      shellRadius: Double(model.prior.shellRadius), thickness: thickness,
      shownShare: covered > 0 ? shown / covered : 0, confidence: confidence, codePSNR: codePSNR,
      lacksBackground: views.contains { $0.picture.lacksBackground })
  }

  /// The field's standard deviation along a direction, as a share of the least of some training
  /// scenes.
  private func thickness(of field: CoordinateMLP, along direction: SIMD3<Float>) -> Double {
    let cells = CellGrid(bound: model.bound, resolution: 24)
    @Sendable func deviation(_ field: CoordinateMLP) -> Double {
      var batch = FieldBatch(capacity: cells.cellCount)
      for index in 0..<cells.cellCount {
        batch.append(
          position: cells.position(in: cells.cell(at: index), offset: SIMD3(repeating: 0.5)),
          direction: [0, 0, -1])
      }
      field.evaluate(&batch)
      var (sum, first, second) = (0.0, 0.0, 0.0)
      for index in 0..<batch.count {
        let opacity = 1 - Double(Exponential.decay(batch.density[index] * cells.cellSize))
        let place = Double(SIMD3(batch.x[index], batch.y[index], batch.z[index]).dot(direction))
        sum += opacity
        first += opacity * place
        second += opacity * place * place
      }
      guard sum > 0 else { return 0 }
      return max(0, second / sum - first * first / (sum * sum)).squareRoot()
    }
    let table = model.codes
    let checkpoint = model.checkpoint
    let scenes = FitModel.spread(over: table.names.count, count: 12)
    let least =
      ParallelLoop.map(count: scenes.count, threadCount: threadCount) { index in
        deviation(checkpoint.field(for: table[scenes[index]]))
      }.min() ?? 0
    return least > 0 ? deviation(field) / least : 1
  }
}

extension FitAssessment {
  /// Of a scene that moves: what was found of some of its moments.
  ///
  /// - Precondition: there is one.
  package init(over moments: [FitAssessment]) {
    func mean(_ value: (FitAssessment) -> Double) -> Double {
      moments.reduce(0) { $0 + value($1) } / Double(moments.count)
    }
    self.init(
      psnr: mean(\.psnr), outlineLikeness: mean(\.outlineLikeness),
      distance: moments.map(\.distance).max() ?? 0, shellRadius: moments[0].shellRadius,
      thickness: mean(\.thickness), shownShare: mean(\.shownShare), confidence: nil,
      codePSNR: nil, lacksBackground: moments.contains { $0.reasons.contains(.noBackground) })
  }

  fileprivate init(
    psnr: Double, outlineLikeness: Double, distance: Double, shellRadius: Double,
    thickness: Double, shownShare: Double, confidence: Double?, codePSNR: Double?,
    lacksBackground: Bool
  ) {
    self.psnr = psnr
    self.outlineLikeness = outlineLikeness
    self.distance = distance
    self.shellRadius = shellRadius
    self.thickness = thickness
    self.shownShare = shownShare
    let checks: [(Mistrust, Bool)] = [
      (.noBackground, lacksBackground),
      (.empty, shownShare < Self.leastShownShare),
      (.badReconstruction, psnr < Self.leastPSNR || (codePSNR ?? psnr) < Self.leastCodePSNR),
      (.otherOutline, outlineLikeness < Self.leastOutlineLikeness),
      (.flat, thickness < Self.leastThickness),
      (.outsidePrior, distance > shellRadius),
      (.ambiguousCamera, confidence.map { $0 < Self.leastConfidence } ?? false),
    ]
    reasons = checks.filter(\.1).map(\.0)
  }
}

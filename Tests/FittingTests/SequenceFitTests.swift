import Checkpoints
import Fitting
import Imaging
import Kernels
import NeuralFields
import TestSupport
import Testing
import VolumeRendering

@Suite("Fits to sequences")
struct SequenceFitTests {
  /// The eight codes of `FitFixture` as two looping paths of four keys.
  static let moving: FitModel = {
    var model = FitFixture.checkpoint
    model.configuration.motion = ["a", "b"].enumerated().map { index, name in
      LatentTrajectory(
        scene: name, curve: .spline, firstRow: 4 * index, rowCount: 4, loops: true, seconds: 2)
    }
    return FitModel(model, threadCount: 2)
  }()

  static let settings: SequenceFitSettings = {
    var settings = SequenceFitSettings()
    settings.keyCount = 4
    settings.steps = 60
    settings.startSteps = 10
    settings.heldOutPeriod = 20
    return settings
  }()

  /// What one camera sees of codes at times.
  static func sequence(
    frameCount: Int = 8, loops: Bool = true, of code: (Double) -> LatentCode
  ) -> FitSequence {
    let camera = FitFixture.camera(0)
    return FitSequence(
      frames: (0..<frameCount).map { index in
        let time = Double(index) / Double(frameCount)
        let field = FitFixture.checkpoint.field(for: code(time))
        let grid = OccupancyGrid(of: field, resolution: 32, threadCount: 2)
        let image = FitFixture.renderer().render(field, camera: camera, grid: grid)
        return FitSequence.Frame(
          picture: FitPicture(image.transparentPicture, background: .automatic), camera: camera,
          time: time)
      }, loops: loops, seconds: 2)
  }

  static func known(_ index: Int, at time: Double) -> LatentCode {
    let paths = moving.checkpoint.configuration.motion ?? []
    return moving.checkpoint.latents.code(of: paths[index], at: time)
  }

  static func fit(
    _ sequence: FitSequence, model: FitModel = moving, threadCount: Int = 2
  ) -> (fit: SequenceFit, psnr: Double) {
    var fitter = Fitter(model, settings: FitFixture.settings, threadCount: threadCount)
    let fit = fitter.fitPath(to: sequence, settings: settings)
    return (fit, fitter.assess(fit, on: sequence).psnr)
  }

  @Test("a sequence of a known scene begins as that scene, at the time where it begins")
  func start() {
    let sequence = Self.sequence { time in
      Self.known(1, at: (time + 0.5).truncatingRemainder(dividingBy: 1))
    }
    let (fit, psnr) = Self.fit(sequence)
    guard case .scene(let trajectory, let phase) = fit.nearest else {
      Issue.record("found \(fit.nearest), expected a scene")
      return
    }
    #expect(trajectory.scene == "b" && phase == 0.5)
    #expect(psnr > 30)
  }

  @Test("a path that no scene has is found better than the start, and than one code")
  func between() throws {
    let sequence = Self.sequence { time in
      let (a, b) = (Self.known(0, at: time).values, Self.known(1, at: time).values)
      return LatentCode(zip(a, b).map { 0.5 * $0 + 0.5 * $1 })
    }
    let (fit, psnr) = Self.fit(sequence)
    #expect(try #require(fit.heldOutAfter) > #require(fit.heldOutBefore) + 1)
    var fitter = Fitter(Self.moving, settings: FitFixture.settings, threadCount: 2)
    let rest = fitter.fitCode(
      to: fitter.rays(of: sequence.frames.map { ($0.picture, $0.camera) })
    ).code
    let resting = FitAssessment(
      over: sequence.frames.map { frame in
        fitter.assess(SceneLatent(code: rest), views: [(frame.picture, frame.camera)])
      })
    #expect(psnr > resting.psnr + 1)
  }

  @Test("a model of scenes at rest finds a path too, and a fit makes the same bytes by any threads")
  func threads() {
    let sequence = Self.sequence { Self.known(0, at: $0) }
    let one = Self.fit(sequence, model: FitFixture.model, threadCount: 1).fit
    let three = Self.fit(sequence, model: FitFixture.model, threadCount: 3).fit
    #expect(one.keys == three.keys && one.stepCount == three.stepCount)
    #expect((one.heldOutAfter ?? 0) >= (one.heldOutBefore ?? 0))
  }

  @Test("the time at a key gives the key's code, and a loop ends as it begins")
  func keys() {
    let fit = Self.fit(Self.sequence { Self.known(0, at: $0) }).fit
    for (time, key) in zip(fit.trajectory.keyTimes, fit.keys) { #expect(fit.code(at: time) == key) }
    #expect(fit.code(at: 1) == fit.keys[0])
  }

  @Test("a camera that stands still counts once")
  func cameras() {
    let still = Self.sequence { Self.known(0, at: $0) }
    #expect(still.cameraCount == 1)
    let frames = still.frames.enumerated().map { index, frame in
      FitSequence.Frame(
        picture: frame.picture, camera: FitFixture.camera(index % 3), time: frame.time)
    }
    #expect(FitSequence(frames: frames, loops: true, seconds: 1).cameraCount == 3)
  }
}

/// One measured quantity: its key in reports, what it says, and its unit.
package struct Figure: Sendable, Hashable {
  /// In snake case; others rely on it.
  package let key: String
  package let title: String
  package let unit: Unit

  package enum Unit: Sendable, Hashable {
    /// 0…1, shown in percent.
    case share
    /// 10⁹ floating-point operations a second.
    case gigaflops
    /// 10⁶ samples a second.
    case megasamples
    /// One rate over another.
    case ratio
    case seconds, milliseconds, framesPerSecond, samplesPerSecond, samples, bytes
  }

  /// Figures that belong together.
  package struct Section: Sendable, Hashable {
    package let title: String
    package let figures: [Figure]
  }

  /// The widths of hidden layers that kernels are measured with.
  package static let widths = [32, 64, 128]

  /// Every figure there is, in the order of reports.
  package static let sections = [
    Section(
      title: "Peak: additions and multiplications",
      figures: [
        Figure("peak_f32_gflops", "float32, one thread", .gigaflops),
        Figure("peak_bf16_gflops", "bfloat16, one thread", .gigaflops),
        Figure("peak_f32_all_threads_gflops", "float32, all threads", .gigaflops),
        Figure("processor_share", "processor time got of that asked for", .share),
      ]),
    Section(
      title: "Kernels: 63 inputs, 4 hidden layers, 4 outputs; one thread, share of the peak",
      figures: widths.map { Figure("forward_w\($0)_f32_share", "forward, width \($0)", .share) }
        + widths.map {
          Figure("train_w\($0)_share", "forward and backward, width \($0)", .share)
        }
        + widths.map { Figure("forward_w\($0)_f32", "forward, width \($0)", .megasamples) }
        + widths.map {
          Figure("forward_w\($0)_bf16", "forward in bfloat16, width \($0)", .megasamples)
        }
        + widths.map {
          Figure("forward_w\($0)_bf16_share", "  share of bfloat16's peak, width \($0)", .share)
        } + [
          Figure("bf16_over_f32", "forward, width 64, bfloat16 over float32", .ratio)
        ]
        + widths.map {
          Figure(
            "train_w\($0)_bf16_share", "both in bfloat16, share of its peak, width \($0)", .share)
        } + [
          Figure(
            "train_bf16_over_f32", "both, width 64, bfloat16 over float32", .ratio)
        ]),
    Section(
      title: "Kernels, all threads; share of all threads' peak",
      figures: widths.map {
        Figure("forward_w\($0)_f32_all_threads_share", "forward, width \($0)", .share)
      }
        + widths.map {
          Figure("train_w\($0)_all_threads_share", "forward and backward, width \($0)", .share)
        } + [
          Figure("threads_scaling", "forward, width 64, two threads over one", .ratio),
          Figure("all_threads_scaling", "forward, width 64, all threads over one", .ratio),
        ]),
    Section(
      title: "Model, all threads",
      figures: [
        Figure("hypernetwork_pass_seconds", "code to field weights", .seconds),
        Figure("occupancy_build_seconds", "occupancy grid", .seconds),
        Figure("frame400_fps_f32", "frames, 400×400 pixels", .framesPerSecond),
        Figure("frame400_fps_bf16", "frames in bfloat16", .framesPerSecond),
        Figure("frame400_fps_with_png", "frames with their PNG files", .framesPerSecond),
        Figure("frame400_share", "frame's field operations, share of the peak", .share),
        Figure("frame400_ms", "a frame, from camera to 8-bit pixels", .milliseconds),
        Figure("frame400_rays_ms", "  rays, all threads' processor time", .milliseconds),
        Figure("frame400_traversal_ms", "  traversal", .milliseconds),
        Figure("frame400_field_ms", "  field", .milliseconds),
        Figure("frame400_compositing_ms", "  compositing", .milliseconds),
        Figure("frame400_pixels_ms", "  float image to 8-bit pixels", .milliseconds),
        Figure("frame400_png_seconds", "its PNG, written to a file", .seconds),
        Figure("samples_per_hit_ray", "samples a ray that hits", .samples),
      ]),
    Section(
      title: "Training, all threads",
      figures: [
        Figure("train_step_share", "step's field operations, share of float32's peak", .share),
        Figure("train_step_f32_share", "  the same in float32", .share),
        Figure("train_samples_per_second", "samples", .samplesPerSecond),
        Figure("train_samples_per_second_f32", "  the same in float32", .samplesPerSecond),
        Figure("train_step_ms", "a step", .milliseconds),
        Figure(
          "train_hypernetwork_ms", "  codes to weights, all threads' processor time", .milliseconds),
        Figure("train_occupancy_ms", "  occupancy grids", .milliseconds),
        Figure("train_rays_ms", "  rays and their samples", .milliseconds),
        Figure("train_field_forward_ms", "  fields, forward", .milliseconds),
        Figure("train_compositing_ms", "  compositing and loss, to and fro", .milliseconds),
        Figure("train_field_backward_ms", "  fields, backward", .milliseconds),
        Figure(
          "train_hypernetwork_backward_ms", "  gradients to hypernetwork and codes", .milliseconds),
        Figure("train_optimizer_ms", "  Adam", .milliseconds),
      ]),
    Section(
      title: "Memory",
      figures: [Figure("peak_resident_bytes", "most memory held, growth aside", .bytes)]),
  ]

  private init(_ key: String, _ title: String, _ unit: Unit) {
    self.key = key
    self.title = title
    self.unit = unit
  }
}

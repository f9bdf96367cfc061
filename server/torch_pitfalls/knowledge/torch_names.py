"""Names of torch by what they do, without the ``torch.`` in front. Data only, checked against torch 2.13."""

MODULES = frozenset(
    """
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveLogSoftmaxWithLoss AdaptiveMaxPool1d
    AdaptiveMaxPool2d AdaptiveMaxPool3d AlphaDropout AvgPool1d AvgPool2d AvgPool3d BCELoss BCEWithLogitsLoss
    BatchNorm1d BatchNorm2d BatchNorm3d Bilinear CELU CTCLoss ChannelShuffle CircularPad1d CircularPad2d
    CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d Container Conv1d Conv2d Conv3d ConvTranspose1d
    ConvTranspose2d ConvTranspose3d CosineEmbeddingLoss CosineSimilarity CrossEntropyLoss CrossMapLRN2d
    DataParallel Dropout Dropout1d Dropout2d Dropout3d ELU Embedding EmbeddingBag FeatureAlphaDropout Flatten
    Fold FractionalMaxPool2d FractionalMaxPool3d GELU GLU GRU GRUCell GaussianNLLLoss GroupNorm Hardshrink
    Hardsigmoid Hardswish Hardtanh HingeEmbeddingLoss HuberLoss Identity InstanceNorm1d InstanceNorm2d
    InstanceNorm3d KLDivLoss L1Loss LPPool1d LPPool2d LPPool3d LSTM LSTMCell LayerNorm LazyBatchNorm1d
    LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d
    LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear LeakyReLU Linear
    LinearCrossEntropyLoss LocalResponseNorm LogSigmoid LogSoftmax MSELoss MarginRankingLoss MaxPool1d MaxPool2d
    MaxPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d Mish ModuleDict ModuleList MultiLabelMarginLoss
    MultiLabelSoftMarginLoss MultiMarginLoss MultiheadAttention NLLLoss NLLLoss2d PReLU PairwiseDistance
    ParameterDict ParameterList PixelShuffle PixelUnshuffle PoissonNLLLoss RMSNorm RNN RNNBase RNNCell
    RNNCellBase RReLU ReLU ReLU6 ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d
    ReplicationPad2d ReplicationPad3d SELU Sequential SiLU Sigmoid SmoothL1Loss SoftMarginLoss Softmax Softmax2d
    Softmin Softplus Softshrink Softsign SyncBatchNorm Tanh Tanhshrink Threshold Transformer TransformerDecoder
    TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer TripletMarginLoss
    TripletMarginWithDistanceLoss Unflatten Unfold Upsample UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d
    ZeroPad2d ZeroPad3d
    """.split()
)
"""Public subclasses of ``torch.nn.Module`` in ``torch.nn``."""

ALWAYS_MODE = frozenset(
    """
    AlphaDropout BatchNorm1d BatchNorm2d BatchNorm3d Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout
    LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d RReLU SyncBatchNorm TransformerEncoderLayer
    """.split()
)
"""Modules of ``torch.nn`` whose output changes with the mode."""

MODE_IF_DROPOUT = frozenset(
    """
    GRU LSTM MultiheadAttention RNN
    """.split()
)
"""Modules that have a mode only with a dropout argument other than 0."""

MODE_IF_TRACKING = frozenset(
    """
    InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
    """.split()
)
"""Modules that have a mode only with ``track_running_stats=True``, which the lazy ones default to."""

MODE_THROUGH_CHILDREN = frozenset(
    """
    Transformer TransformerDecoderLayer
    """.split()
)
"""Modules that build a mode-dependent module."""

LOSSES = frozenset(
    """
    AdaptiveLogSoftmaxWithLoss BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss
    GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss LinearCrossEntropyLoss MSELoss
    MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d PoissonNLLLoss
    SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss
    """.split()
)
"""Loss classes of ``torch.nn``."""

LOSS_FUNCTIONS = frozenset(
    """
    binary_cross_entropy binary_cross_entropy_with_logits cosine_embedding_loss cross_entropy ctc_loss
    gaussian_nll_loss hinge_embedding_loss huber_loss kl_div l1_loss linear_cross_entropy margin_ranking_loss
    mse_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss poisson_nll_loss
    smooth_l1_loss soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss
    """.split()
)
"""Loss functions of ``torch.nn.functional``."""

OPTIMIZERS = frozenset(
    """
    ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax LBFGS Muon NAdam RAdam RMSprop Rprop SGD SparseAdam
    """.split()
)
"""Optimizer classes of ``torch.optim``."""

SCHEDULERS = frozenset(
    """
    ChainedScheduler ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR LambdaLR
    LinearLR MultiStepLR MultiplicativeLR OneCycleLR PolynomialLR ReduceLROnPlateau SequentialLR StepLR
    """.split()
)
"""Classes of ``torch.optim.lr_scheduler``."""

FACTORIES = frozenset(
    """
    arange as_tensor asarray bartlett_window blackman_window empty empty_strided eye full hamming_window
    hann_window kaiser_window linspace logspace ones rand randint randn randperm range signal.windows.bartlett
    signal.windows.blackman signal.windows.cosine signal.windows.exponential signal.windows.gaussian
    signal.windows.general_hamming signal.windows.hamming signal.windows.hann signal.windows.kaiser
    signal.windows.nuttall sparse_coo_tensor tensor tril_indices triu_indices zeros
    """.split()
)
"""Functions that make a tensor on the default device."""

LIKE_FACTORIES = frozenset(
    """
    Tensor.new_empty Tensor.new_full Tensor.new_ones Tensor.new_tensor Tensor.new_zeros empty_like full_like
    ones_like rand_like randint_like randn_like zeros_like
    """.split()
)
"""Factories that follow a tensor."""

TENSOR_FUNCTIONS = frozenset(
    """
    abs absolute acos acosh adaptive_avg_pool1d add addbmm addcdiv addcmul addmm addmv addr adjoint alias_copy
    all amax amin aminmax angle any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    argsort argwhere as_strided as_strided_copy as_strided_scatter as_tensor asin asinh atan atan2 atanh
    avg_pool1d baddbmm bartlett_window bernoulli bilinear bincount bitwise_and bitwise_left_shift bitwise_not
    bitwise_or bitwise_right_shift bitwise_xor blackman_window bmm broadcast_to bucketize cat ceil
    channel_shuffle cholesky cholesky_inverse cholesky_solve chunk clamp clip clone col_indices_copy
    column_stack combinations complex concat concatenate conj conj_physical conv1d conv2d conv3d conv_tbc
    conv_transpose1d conv_transpose2d conv_transpose3d copysign corrcoef cos cosh cosine_similarity
    count_nonzero cov cross crow_indices_copy cummax cummin cumprod cumsum cumulative_trapezoid deg2rad
    dequantize det detach_copy diag diag_embed diagflat diagonal diagonal_copy diagonal_scatter diff digamma
    dist div divide dot dsplit dstack empty empty_like empty_permuted empty_strided eq erf erfc erfinv exp exp2
    expand_copy expm1 eye fake_quantize_per_channel_affine fake_quantize_per_tensor_affine fix flatten flip
    fliplr flipud float_power floor floor_divide fmax fmin fmod frac frexp from_file full full_like gather gcd
    ge geqrf ger gradient greater greater_equal gt hamming_window hann_window hardshrink hash_tensor heaviside
    histc histogram histogramdd hsplit hspmm hstack hypot i0 igamma igammac imag index_add index_copy
    index_reduce index_select indices_copy inner inverse isclose isfinite isin isinf isnan isneginf isposinf
    isreal istft kaiser_window kron kthvalue lcm ldexp le lerp less less_equal lgamma linspace log log10 log1p
    log2 logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor logit logspace
    logsumexp lt lu_solve lu_unpack masked_select matmul matrix_exp matrix_power max maximum mean median min
    minimum mm mode moveaxis movedim msort mul multinomial multiply mv mvlgamma nan_to_num nanmean nanmedian
    nanquantile nansum narrow narrow_copy native_channel_shuffle ne neg negative nextafter nonzero
    nonzero_static normal not_equal ones ones_like orgqr ormqr outer pairwise_distance pdist permute
    permute_copy pinverse pixel_shuffle pixel_unshuffle poisson polar polygamma positive pow prelu prod qr
    quantile quantize_per_channel quantize_per_tensor quantize_per_tensor_dynamic quantized_batch_norm
    quantized_max_pool1d quantized_max_pool2d rad2deg rand rand_like randint randint_like randn randn_like
    randperm range ravel real reciprocal remainder renorm repeat_interleave reshape resolve_conj resolve_neg
    roll rot90 round row_stack rsqrt scatter scatter_add scatter_reduce searchsorted segment_reduce select
    select_copy select_scatter sgn sigmoid sign signbit sin sinc sinh slice_copy slice_scatter slogdet smm
    softmax sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor
    sparse_csr_tensor split_copy split_with_sizes_copy sqrt square squeeze squeeze_copy sspaddmm stack std
    std_mean sub subtract sum svd swapaxes swapdims t t_copy take take_along_dim tan tanh tensor tensor_split
    tile topk trace transpose transpose_copy trapezoid trapz triangular_solve tril tril_indices triu
    triu_indices true_divide trunc unbind unbind_copy unflatten unfold_copy unsafe_chunk unsafe_split unsqueeze
    unsqueeze_copy values_copy vander var var_mean vdot view_as_complex view_as_complex_copy view_as_real
    view_as_real_copy view_copy vsplit vstack where xlogy zeros zeros_like
    """.split()
)
"""Functions of ``torch`` that only return tensors."""

FUNCTIONS_ALONE = frozenset(
    """
    atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist chain_matmul dsmm einsum
    hsmm meshgrid sort spmm tensordot
    """.split()
)
"""Further functions of ``torch`` that return tensors; no method of that name is one of tensors alone."""

LINALG = frozenset(
    """
    cholesky cholesky_ex cond cross det diagonal eig eigh eigvals eigvalsh
    householder_product inv inv_ex ldl_factor ldl_factor_ex ldl_solve lstsq lu lu_factor lu_factor_ex lu_solve
    matmul matrix_exp matrix_norm matrix_power matrix_rank multi_dot norm pinv qr slogdet solve solve_ex
    solve_triangular svd svdvals tensorinv tensorsolve vander vecdot vector_norm
    """.split()
)
"""Functions of ``torch.linalg``."""

FFT = frozenset(
    """
    fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn
    """.split()
)
"""Functions of ``torch.fft`` that transform a tensor."""

IN_PLACE = frozenset(
    """
    abs_ absolute_ acos_ acosh_ add_ addbmm_ addcdiv_ addcmul_ addmm_ addmv_ addr_ apply_ arccos_ arccosh_
    arcsin_ arcsinh_ arctan2_ arctan_ arctanh_ as_strided_ asin_ asinh_ atan2_ atan_ atanh_ baddbmm_ bernoulli_
    bitwise_and_ bitwise_left_shift_ bitwise_not_ bitwise_or_ bitwise_right_shift_ bitwise_xor_ cauchy_ ceil_
    clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ copy_ copysign_ cos_ cosh_ cumprod_ cumsum_ deg2rad_
    detach_ digamma_ div_ divide_ eq_ erf_ erfc_ erfinv_ exp2_ exp_ expm1_ exponential_ fill_ fill_diagonal_
    fix_ float_power_ floor_ floor_divide_ fmod_ frac_ gcd_ ge_ geometric_ greater_ greater_equal_ gt_
    heaviside_ hypot_ i0_ igamma_ igammac_ index_add_ index_copy_ index_fill_ index_put_ index_reduce_ lcm_
    ldexp_ le_ lerp_ less_ less_equal_ lgamma_ log10_ log1p_ log2_ log_ log_normal_ logical_and_ logical_not_
    logical_or_ logical_xor_ logit_ lt_ map2_ map_ masked_fill_ masked_scatter_ mul_ multiply_ mvlgamma_
    nan_to_num_ ne_ neg_ negative_ nextafter_ normal_ not_equal_ polygamma_ pow_ put_ rad2deg_ random_
    reciprocal_ relu_ remainder_ renorm_ requires_grad_ resize_ resize_as_ resize_as_sparse_ round_ rsqrt_
    scatter_ scatter_add_ scatter_reduce_ set_ sgn_ share_memory_ sigmoid_ sign_ sin_ sinc_ sinh_ sparse_resize_
    sparse_resize_and_clear_ sqrt_ square_ squeeze_ sub_ subtract_ swapaxes_ swapdims_ t_ tan_ tanh_ transpose_
    tril_ triu_ true_divide_ trunc_ uniform_ unsqueeze_ xlogy_ zero_
    """.split()
)
"""Tensor methods that change the tensor."""

OUT_OF_PLACE = frozenset(
    """
    abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr adjoint all amax amin aminmax angle any
    arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argwhere as_strided
    as_strided_scatter as_subclass asin asinh atan atan2 atanh baddbmm bernoulli bfloat16 bincount bitwise_and
    bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm bool broadcast_to byte
    ccol_indices cdouble ceil cfloat chalf char cholesky cholesky_inverse cholesky_solve chunk clamp clamp_max
    clamp_min clip clone coalesce col_indices conj conj_physical contiguous copysign corrcoef cos cosh
    count_nonzero cov cpu cross crow_indices cuda cummax cummin cumprod cumsum deg2rad dequantize det detach
    diag diag_embed diagflat diagonal diagonal_scatter diff digamma dist div divide dot double dsplit eq erf
    erfc erfinv exp exp2 expand expand_as expm1 fix flatten flip fliplr flipud float float_power floor
    floor_divide fmax fmin fmod frac frexp gather gcd ge geqrf ger greater greater_equal gt half hardshrink
    hash_tensor heaviside histc histogram hsplit hypot i0 igamma igammac index index_add index_copy index_fill
    index_put index_reduce index_select indices inner int int_repr inverse ipu isclose isfinite isinf isnan
    isneginf isposinf isreal istft kron kthvalue lcm ldexp le lerp less less_equal lgamma log log10 log1p log2
    log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor logit
    logsumexp long lt lu_solve masked_fill masked_scatter masked_select matmul matrix_exp matrix_power max
    maximum mean median min minimum mm mode moveaxis movedim msort mtia mul multinomial multiply mv mvlgamma
    nan_to_num nanmean nanmedian nanquantile nansum narrow narrow_copy ne neg negative new new_empty
    new_empty_strided new_full new_ones new_tensor new_zeros nextafter nonzero nonzero_static norm not_equal
    orgqr ormqr outer permute pin_memory pinverse polygamma positive pow prelu prod put q_per_channel_scales
    q_per_channel_zero_points qr quantile rad2deg ravel reciprocal relu remainder renorm repeat
    repeat_interleave reshape reshape_as resize resize_as resolve_conj resolve_neg roll rot90 round row_indices
    rsqrt scatter scatter_add scatter_reduce select select_scatter sgn short sigmoid sign signbit sin sinc sinh
    slice_inverse slice_scatter slogdet smm softmax sparse_mask split split_with_sizes sqrt square squeeze
    sspaddmm std stft sub subtract sum sum_to_size svd swapaxes swapdims t take take_along_dim tan tanh
    tensor_split tile to to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo
    to_sparse_csc to_sparse_csr topk trace transpose triangular_solve tril triu true_divide trunc type_as unbind
    unflatten unfold unique unique_consecutive unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze
    values var vdot view view_as vsplit where xlogy xpu
    """.split()
)
"""Tensor methods that leave the tensor alone and return another."""

NO_GRADIENT = frozenset(
    """
    all any argmax argmin argsort argwhere bucketize count_nonzero detach eq ge greater greater_equal gt
    hash_tensor histc isclose isfinite isin isinf isnan isneginf isposinf isreal le less less_equal logical_and
    logical_not logical_or logical_xor lt multinomial ne nonzero not_equal searchsorted signbit tensor
    """.split()
)
"""Operations whose result is outside the graph."""

STATELESS = frozenset(
    f"torch.nn.{name}"
    for name in """
    AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d
    AvgPool1d AvgPool2d AvgPool3d CELU ChannelShuffle CircularPad1d CircularPad2d CircularPad3d ConstantPad1d
    ConstantPad2d ConstantPad3d CosineSimilarity CrossMapLRN2d ELU Flatten Fold FractionalMaxPool2d
    FractionalMaxPool3d GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh Identity LPPool1d LPPool2d LPPool3d
    LeakyReLU LocalResponseNorm LogSigmoid LogSoftmax MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d MaxUnpool2d
    MaxUnpool3d Mish PairwiseDistance PixelShuffle PixelUnshuffle ReLU ReLU6 ReflectionPad1d ReflectionPad2d
    ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d SELU SiLU Sigmoid Softmax Softmax2d
    Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold Unflatten Unfold Upsample
    UpsamplingBilinear2d UpsamplingNearest2d ZeroPad1d ZeroPad2d ZeroPad3d
    """.split()
)
"""Modules without parameters, buffers or a mode: nothing is lost where nobody registers them."""

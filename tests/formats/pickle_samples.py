"""Samples of pickles, which are never loaded, with the verdict on each."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zlib

import zstandard

from tests.formats.assemble import (
    CALL,
    CLASSIC,
    array,
    bomb,
    call,
    legacy,
    named,
    npy,
    pickled,
    state_dict,
    storage_id,
    tensor,
    text,
    torch_zip,
    zipped,
)  # fmt: skip

#: Functions that public exploits of pickle scanners have used, of Python and of other packages.
GADGETS = """
torch._C._distributed_c10d.FileStore torch._C._distributed_c10d.TCPStore torch.cuda.gds.GdsFile
torch.xpu.memory.XPUPluggableAllocator torch.profiler.profiler.ExecutionTraceObserver
os.system os.popen os.execv os.spawnl os.posix_spawn os.remove os.putenv os.startfile posix.system
nt.system pty.spawn subprocess.Popen subprocess.call subprocess.run subprocess.check_output
subprocess.getoutput commands.getoutput popen2.popen3 builtins.eval builtins.exec builtins.compile
builtins.__import__ builtins.open builtins.getattr builtins.setattr builtins.breakpoint
builtins.input builtins.print builtins.vars builtins.globals builtins.map builtins.delattr
__builtin__.eval __builtin__.apply __builtin__.execfile __builtin__.file __builtins__.eval
runpy.run_path runpy._run_code runpy.run_module code.interact code.InteractiveInterpreter
codeop.compile_command bdb.Bdb.run pdb.run pdb.runeval profile.run profile.Profile.runctx
cProfile.run cProfile.runctx trace.Trace.run trace.Trace.runctx timeit.timeit timeit.main
doctest.debug_script doctest.testfile sys.settrace sys.exit importlib.import_module
importlib.reload importlib.util.spec_from_file_location imp.load_source imp.load_module
zipimport.zipimporter pkgutil.resolve_name pkgutil.get_data types.FunctionType types.CodeType
types.MethodType marshal.loads pickle.loads pickle.load _pickle.loads cPickle.loads shelve.open
copyreg.add_extension operator.attrgetter operator.methodcaller functools.reduce
itertools.starmap socket.socket socket.create_connection asyncio.create_subprocess_shell
asyncio.unix_events._UnixSubprocessTransport._start multiprocessing.Process
multiprocessing.util.spawnv_passfds threading.Thread signal.signal atexit.register
ctypes.CDLL ctypes.util.find_library _ctypes.dlopen cffi.FFI webbrowser.open antigravity.webbrowser
urllib.request.urlopen urllib.request.urlretrieve http.client.HTTPConnection
ftplib.FTP smtplib.SMTP telnetlib.Telnet xmlrpc.client.ServerProxy ssl.get_server_certificate
shutil.rmtree shutil.move tempfile.mktemp io.open io.FileIO _io.open os.path.expandvars
pathlib.Path.write_text fileinput.input linecache.getlines logging.config.listen
logging.FileHandler sqlite3.connect ensurepip._run_pip venv.create pydoc.pipepager pydoc.locate
pydoc.render_doc idlelib.pyshell.ModifiedInterpreter.runcode idlelib.autocomplete.AutoComplete
idlelib.debugobj.ObjectTreeItem.SetText lib2to3.pgen2.grammar.Grammar.loadgrammar
lib2to3.pgen2.pgen.ParserGenerator distutils.spawn.spawn distutils.file_util.write_file
uuid._get_command_stdout uuid._popen platform._syscmd_ver platform.popen
ctypes._endian.os.system gc.get_objects inspect.getattr_static weakref.ref sysconfig.get_config_vars
test.support.script_helper.assert_python_ok site.addsitedir _osx_support._read_output
_aix_support._read_cmd_output cgitb.lookup nturl2path.url2pathname crypt.crypt
unittest.mock.patch turtle.write tkinter.Tk wsgiref.simple_server.make_server
pip.main pip._internal.main pip._internal.cli.main.main setuptools.setup
pkg_resources.run_script torch.load torch.hub.load torch.serialization.load
torch.serialization._load torch.utils.collect_env.run torch.utils.cpp_extension.load_inline
torch.utils._config_module.ConfigModule.load_config torch.utils.bottleneck.__main__.run_cprofile
torch.utils.data.datapipes.utils.decoder.basichandlers torch._dynamo.guards.GuardBuilder.get
torch._inductor.codecache.compile_file torch.fx.experimental.symbolic_shapes.ShapeEnv
torch.fx.graph_module.reduce_graph_module torch.jit.unsupported_tensor_ops.execWrapper
torch.jit.frontend.get_jit_def torch.package.PackageImporter torch.distributed.rpc.rpc_sync
torch.multiprocessing.spawn torch.os.system torch.ops.load_library
torch.classes.load_library torch.testing._internal.common_utils.shell numpy.load numpy.fromfile
numpy.testing._private.utils.runstring numpy.testing.measure numpy.f2py.crackfortran.getlincoef
numpy.f2py.crackfortran.myeval numpy.core.tests.x numpy.lib.npyio.load numpy.memmap.tofile
joblib.load joblib.numpy_pickle.load joblib.parallel.Parallel dill.loads cloudpickle.loads
cloudpickle.cloudpickle._make_function cloudpickle.cloudpickle.subimport jsonpickle.decode
pandas.read_pickle pandas.eval pandas.io.pickle.read_pickle sympy.sympify numexpr.evaluate
IPython.core.interactiveshell.InteractiveShell requests.get requests.api.post httpx.get
aiohttp.client.ClientSession paramiko.SSHClient psutil.Popen pexpect.run fabric.Connection
yaml.unsafe_load keras.models.load_model tensorflow.io.write_file scipy.io.loadmat
transformers.pipeline huggingface_hub.hf_hub_download unknown_package.run unknown_package.eval
unknown_package.helpers.system unknown_package.run_command unknown_package.exec_code
unknown_package.tools.Popen unknown_package.net.Client unknown_package.anything
unknown_package.Model.from_pretrained _bootstrap_external.SourceLoader _xxsubinterpreters.run_string
hydra.utils.instantiate fire.Fire h5py.File numpy.DataSource pandas.HDFStore pandas.ExcelWriter
torch._C.PyTorchFileWriter tensorflow.keras.layers.Lambda onnxruntime.InferenceSession
gensim.models.wrappers.ldamallet.system gensim.utils.unpickle gensim.downloader.load
pymongo.MongoClient sklearn.datasets.fetch_openml sklearn.utils._testing.Anything
some.module.os.system a.b.__class__.__base__ pyarrow.lib.OSFile pyarrow._s3fs.S3FileSystem
pyarrow.orc.ORCWriter gensim.models.wrappers.ldamallet.LdaMallet gensim.matutils.MmWriter
torchvision.datasets.mnist.MNIST xgboost.core.DMatrix
accelerate.tracking.TensorBoardTracker tensorboardX.SummaryWriter netCDF4.Dataset
my_package.tools.FunctionType my_package.tools.CodeType sklearn.ensemble._forest.ZipFile
sklearn.cluster._bicluster.ABCMeta sklearn.ensemble._forest.Parallel
transformers.models.auto.configuration_auto.AutoConfig
""".split()  # noqa: SIM905 - one name a line would take a page for each letter

#: Globals that good files name.
HARMLESS = """
collections.OrderedDict collections.defaultdict torch._utils._rebuild_parameter torch.Size
torch.nn.modules.linear.Linear torch.optim.adamw.AdamW torch.float16 torch.device
torch.distributed.checkpoint.metadata.Metadata numpy.core.multiarray.scalar numpy.ndarray
numpy._core.multiarray._reconstruct numpy.dtype numpy.random._pickle.__randomstate_ctor
sklearn.linear_model._logistic.LogisticRegression sklearn.tree._tree.Tree builtins.set
__builtin__.set copy_reg._reconstructor datetime.datetime pathlib.PosixPath argparse.Namespace
zoneinfo.ZoneInfo numpy.log1p numpy.ma.MaskedArray pandas.Int64Dtype pandas.arrays.IntervalArray
pandas.core.indexes.datetimes._new_DatetimeIndex pandas._libs.tslibs.offsets.MonthEnd
sklearn.calibration._CalibratedClassifier sklearn.model_selection._split.KFold
sklearn._loss.loss.HalfBinomialLoss sklearn.feature_selection._univariate_selection.f_classif
sklearn.metrics._classification.accuracy_score sklearn.tree.tree.DecisionTreeClassifier
transformers.models.bert.configuration_bert.BertConfig torchvision.models.resnet.ResNet
pandas.core.index._new_Index pandas.tseries.tdi.TimedeltaIndex pandas.core.base.FrozenNDArray
scipy.interpolate.fitpack2.UnivariateSpline sklearn.datasets.base.Bunch gensim.utils.identity
scipy.spatial._ckdtree.cKDTree scipy.sparse._dia.dia_matrix
scipy.spatial.transform._rotation.Rotation scipy._lib.array_api_compat.numpy._aliases.asarray
transformers.training_args.TrainingArguments scipy.sparse._csr.csr_matrix xgboost.core.Booster
catboost.core.CatBoostClassifier gensim.models.word2vec.Word2Vec gensim.models.phrases.Phraser
torch.distributions.normal.Normal gensim.models.keyedvectors.KeyedVectors
builtins.hash gensim.utils.call_on_class_only functools.partial numpy.vectorize
scipy.stats._distn_infrastructure.rv_continuous_frozen scipy.stats._kde.gaussian_kde
scipy.stats._multivariate.multivariate_normal_gen scipy.stats._levy_stable.levy_stable_frozen
numpy.number numpy.poly1d numpy.polynomial.chebyshev.Chebyshev pytz._p pytz.FixedOffset
dateutil.tz.tz.tzutc dateutil.relativedelta.relativedelta pyarrow.lib.chunked_array
torch.utils.hooks.RemovableHandle torch.utils.data.dataset.TensorDataset builtins.len
sklearn._loss._loss.__pyx_unpickle_CyHalfBinomialLoss
sklearn.cluster._kmeans._kmeans_single_lloyd pandas._libs.missing.NA
scipy.stats._discrete_distns.poisson_binomial_frozen scipy.stats._covariance.CovViaPSD
""".split()  # noqa: SIM905

#: Globals that need code which pmgit does not know.
UNKNOWN_CODE = """
my_package.Model __main__.Net ultralytics.nn.tasks.DetectionModel
torch.nn.modules.future.NewLayer my_package.activations.swish my_package._rebuild_thing
my_package.__pyx_unpickle_Thing numpy.something_new
""".split()  # noqa: SIM905


def split(name: str) -> tuple[str, str]:
    """Module and name of a dotted one: a class begins with a capital, else the last is the name."""
    parts = name.split(".")
    cut = next((n for n, part in enumerate(parts) if part[:1].isupper()), len(parts) - 1)
    return ".".join(parts[: max(cut, 1)]), ".".join(parts[max(cut, 1) :])


def pickles() -> dict[str, tuple[str, bytes]]:
    """Verdict and content by the name of the file."""
    system = named("os", "system")
    echo = b"(" + text("echo pmgit") + b"tR"
    found = {
        # --- every way to call
        "reduce.pkl": ("unsafe", pickled(CALL)),
        "only-named.pkl": ("unsafe", pickled(system)),
        "classic.pkl": ("unsafe", CLASSIC),
        "classic.bin": ("unsafe", CLASSIC),
        "classic.txt": ("unsafe", CLASSIC),
        "inst.pkl": ("unsafe", b"(S'echo pmgit'\nios\nsystem\n."),
        "obj.pkl": ("unsafe", pickled(b"(" + system + text("echo") + b"o")),
        "newobj.pkl": ("unsafe", pickled(system + text("echo") + b"\x85\x81")),
        "newobj-ex.pkl": ("unsafe", pickled(system + text("echo") + b"\x85}\x92", 4)),
        "stack-global.pkl": ("unsafe", pickled(call("os", "system", "echo", protocol=4), 4)),
        "unframed-5.pkl": ("unsafe", pickled(call("os", "system", "echo", protocol=4), 5)),
        "framed.pkl": ("unsafe", pickled(b"\x95" + struct.pack("<Q", len(CALL)) + CALL, 4)),
        "build.pkl": ("unsafe", pickled(named("my_package", "Model") + b"}b")),
        "setitem-of-module.pkl": (
            "unsafe", pickled(named("my_package", "TABLE") + text("a") + text("b") + b"s"),
        ),
        "append-to-global.pkl": ("unsafe", pickled(named("my_package", "HOOKS") + b"Na")),
        "in-state-dict.pkl": ("unsafe", state_dict(more=text("x") + CALL)),
        # --- names that are hidden
        "memo.pkl": (
            "unsafe",
            pickled(text("os") + b"q\x00" + text("system") + b"q\x0100h\x00h\x01\x93" + echo, 4),
        ),
        "memo-again.pkl": (
            "unsafe",
            pickled(
                text("collections") + b"q\x00" + text("OrderedDict") + b"q\x01"
                + text("os") + b"q\x00" + text("system") + b"q\x010000h\x00h\x01\x93" + echo, 4,
            ),
        ),
        "memoize-after-put.pkl": (
            "unsafe",
            pickled(
                text("x") + b"q\x05" + text("os") + b"\x94" + text("system") + b"\x94000"
                + b"h\x01h\x02\x93" + echo, 4,
            ),
        ),
        "dup-and-pop.pkl": (
            "unsafe", pickled(text("os") + b"2" + b"0" + text("system") + b"N0\x93" + echo, 4),
        ),
        "pop-mark.pkl": (
            "unsafe", pickled(text("os") + b"(" + b"NNN1" + text("system") + b"\x93" + echo, 4),
        ),
        "pop-of-a-mark.pkl": (
            "unsafe", pickled(text("os") + b"(0" + text("system") + b"\x93" + echo, 4),
        ),
        "string-names.pkl": (
            "unsafe", pickled(b"S'o\\x73'\nS'sys\\164em'\n\x93" + echo, 4),
        ),
        "unicode-names.pkl": (
            "unsafe", pickled(b"V\\u006fs\nVsyst\\u0065m\n\x93" + echo, 4),
        ),
        "computed-name.pkl": (
            "unsafe",
            pickled(text("os") + call("_codecs", "encode", "flfgrz", "rot13") + b"\x93" + echo, 4),
        ),
        "getattr.pkl": (
            "unsafe",
            pickled(named("builtins", "getattr") + b"(" + named("torch", "Tensor")
                    + text("__class__") + b"tR"),
        ),
        "getattr-of-result.pkl": (
            "unsafe",
            pickled(named("builtins", "getattr") + b"(" + call("collections", "OrderedDict")
                    + text("__init__") + b"tR"),
        ),
        "ufunc.pkl": ("unsafe", pickled(call("numpy.core", "_ufunc_reconstruct", "os", "system"))),
        "call-of-result.pkl": (
            "unsafe", pickled(call("functools", "partial", "x") + b"(tR"),
        ),
        "dotted.pkl": ("unsafe", pickled(call("torch", "os.system", "echo", protocol=4), 4)),
        "dunder.pkl": ("unsafe", pickled(call("my_package", "A.__subclasses__", protocol=4), 4)),
        "escape-in-name.pkl": ("unsafe", pickled(call("os\x1b[2J", "system"))),
        "empty-name.pkl": ("unsafe", pickled(call("", "system"))),
        "extension.pkl": ("unknown", pickled(b"\x82\x01")),
        "extension-4.pkl": ("unknown", pickled(b"\x84\x01\x00\x00\x00")),
        "persistent.pkl": ("warn", pickled(text("anything") + b"Q")),
        "persistent-0.pkl": ("warn", b"Panything\n."),
        "nested-in-bytes.pkl": (
            "unsafe",
            from_bytes(legacy(pickled(CALL))),
        ),
        "nested-harmless.pkl": (
            "ok",
            from_bytes(legacy()),
        ),
        "memory.pkl": (
            "unsafe",
            pickled(named("builtins", "bytearray") + b"(J\xff\xff\xff\x7ftR"),
        ),
        # --- what stands before and behind
        "second-stream.pkl": ("unsafe", pickled(b"N") + pickled(CALL)),
        "second-classic.pkl": ("unsafe", pickled(b"N") + CLASSIC),
        "tenth-stream.pkl": ("unsafe", pickled(b"N") * 9 + pickled(CALL)),
        "then-broken.pkl": ("unsafe", pickled(CALL)[:-1] + b"\xff\xff"),
        "then-cut.pkl": ("unsafe", pickled(CALL)[:-1]),
        "then-underflow.pkl": ("unsafe", b"\x80\x02" + CALL + b"0000000."),
        "garbage-behind.pkl": ("broken", pickled(b"}") + b"\xfe\xff\xfe" * 20),
        "garbage-behind-zeros.pkl": ("broken", pickled(b"}") + bytes(5000) + b"x"),
        "zeros-behind.pkl": ("ok", pickled(b"}") + bytes(5000)),
        "array-behind.pkl": ("ok", pickled(b"}") + array()),
        "cut-array-behind.pkl": ("broken", pickled(b"}") + array()[:-1]),
        "objects-behind.pkl": ("unsafe", pickled(b"}") + array("'|O'", "(1,)", pickled(CALL))),
        "behind.zlib.pkl": ("broken", zlib.compress(pickled(b"}")) + b"hidden"),
        "second.zlib.pkl": ("unsafe", zlib.compress(pickled(b"}")) + zlib.compress(pickled(CALL))),
        "zip-behind.pkl": ("unsafe", pickled(b"}") + torch_zip()),
        "cut.pkl": ("broken", state_dict()[:-9]),
        "underflow.pkl": ("broken", b"\x80\x02NR."),
        "no-such-opcode.pkl": ("broken", b"\x80\x02N\xff."),
        "no-such-memo.pkl": ("broken", b"\x80\x02h\x07."),
        "no-such-protocol.pkl": ("unknown", b"\x80\x07N."),
        "long-text.pkl": ("broken", b"\x80\x02X\xff\xff\xff\x7fab."),
        "too-many-opcodes.pkl": ("unknown", b"\x80\x02" + b"N0" * 510_000 + b"N."),
        "plain.pkl": ("ok", pickled(b"}(" + text("a") + b"K\x01u")),
        "plain-0.pkl": ("ok", b"(dp0\nS'a'\np1\nI1\nsVb\np2\nF2.5\nsS'c'\np3\nL7L\ns."),
        "none.pkl": ("ok", b"N."),
        "two-plain.pkl": ("ok", pickled(b"}") + pickled(b"]")),
        "type-of-none.pkl": ("ok", pickled(named("builtins", "type") + b"(NtR")),
        "method.pkl": (
            "warn",
            pickled(named("builtins", "getattr") + b"(" + named("my_package", "Model")
                    + text("forward") + b"tR"),
        ),
        # --- files of torch
        "state.pt": ("ok", torch_zip()),
        "state-legacy.pth": ("ok", legacy()),
        "script.pt": (
            "ok",
            zipped({
                "net/data.pkl": pickled(named("__torch__.net", "Net") + b")\x81}b"),
                "net/code/__torch__/net.py": b"class Net(Module):\n  pass\n",
                "net/constants.pkl": pickled(b")"),
                "net/version": b"3\n",
            }),
        ),
        "unsafe.pt": ("unsafe", torch_zip(pickled(CALL))),
        "unsafe-classic.pt": ("unsafe", torch_zip(CLASSIC)),
        "unsafe-legacy.pth": ("unsafe", legacy(pickled(CALL))),
        "unsafe-legacy-keys.pth": ("unsafe", legacy()[: len(legacy()) - 60] + CLASSIC),
        "unsafe-version.pt": ("unsafe", torch_zip(more={"extra.bin": pickled(CALL)})),
        "unsafe-renamed.pt": ("unsafe", zipped({"model/weights.dat": pickled(CALL)})),
        "unsafe-folder.pt": ("unsafe", zipped({"a/b/c/d.txt": CLASSIC})),
        "unsafe-compressed.pt": ("unsafe", torch_zip(pickled(CALL), compress=True)),
        "unsafe-stray-storage.pt": ("unsafe", torch_zip(more={"data/9": pickled(CALL)})),
        "second-in-data.pt": ("unsafe", torch_zip(state_dict() + pickled(CALL))),
        "script-reads.pt": (
            "unsafe",
            zipped({
                "net/data.pkl": pickled(b"N"), "net/constants.pkl": pickled(b")"),
                "net/code/__torch__.py": b"def f(self):\n  ops.aten.save(self.x, 'a')\n",
            }),
        ),
        "no-tensor.pt": ("broken", torch_zip(state_dict(tensor_of("7")))),
        "short-tensor.pt": ("broken", torch_zip(storage=bytes(20))),
        "short-tensor-legacy.pth": ("broken", legacy(storage=bytes(20))),
        "long-tensor-legacy.pth": ("broken", legacy() + b"\x01"),
        "zeros-behind-legacy.pth": ("warn", legacy() + bytes(3)),
        "two-legacy.pth": ("ok", legacy() + legacy()),
        "second-legacy-cut.pth": ("broken", legacy() + legacy()[:-1]),
        "second-legacy-unsafe.pth": ("unsafe", legacy() + legacy(pickled(CALL))),
        # --- packed
        "packed.joblib": ("unsafe", zlib.compress(pickled(CALL))),
        "packed-0.joblib": ("unsafe", zlib.compress(CLASSIC)),
        "packed.pkl.gz": ("unsafe", gzip.compress(pickled(CALL), mtime=0)),
        "packed-twice.pkl": ("unsafe", gzip.compress(zlib.compress(pickled(CALL)), mtime=0)),
        "second-member.pkl.gz": (
            "unsafe",
            gzip.compress(pickled(b"N"), mtime=0) + gzip.compress(pickled(CALL), mtime=0),
        ),
        "in-tar.pt": ("unsafe", tarred({"pickle": pickled(CALL), "storages": b"", "tensors": b""})),
        "in-zip-in-zip.pt": ("unsafe", zipped({"m.zip": torch_zip(pickled(CALL))})),
        "zip-in-tar.nemo": ("unsafe", tarred({"w.ckpt": torch_zip(pickled(CALL))})),
        "gzip-bomb.pkl": ("unknown", gzip.compress(gzip.compress(bytes(90_000_000), 1), mtime=0)),
        "zlib-bomb.pkl": ("unknown", bomb(90_000_000)),
        "nest.pkl": ("unknown", nest(50)),
        "cut.pkl.gz": ("broken", gzip.compress(pickled(b"}"), mtime=0)[:-4]),
        "data.pkl.gz": ("broken", gzip.compress(b"\x01\xfe" * 99, mtime=0)),
        "plain.pkl.gz": ("ok", gzip.compress(pickled(b"}"), mtime=0)),
        "packed.pkl.zst": ("unsafe", zstandard.compress(pickled(CALL))),
        "packed-zstd.pkl": ("unsafe", zstandard.compress(pickled(CALL))),
        "second-frame.pkl.zst": (
            "unsafe", zstandard.compress(pickled(b"N")) + zstandard.compress(pickled(CALL)),
        ),
        "in-tar.tar.zst": ("unsafe", zstandard.compress(tarred({"m.pkl": pickled(CALL)}))),
        "member.zip": ("unsafe", zipped({"m.pkl.zst": zstandard.compress(pickled(CALL))})),
        "packed-twice.pkl.zst": (
            "unsafe", zstandard.compress(zstandard.compress(pickled(CALL))),
        ),
        "zstd-bomb.pkl.zst": ("unknown", zstandard.compress(bytes(90_000_000))),
        "cut.pkl.zst": ("broken", zstandard.compress(pickled(b"}"))[:-1]),
        "data.pkl.zst": ("broken", zstandard.compress(b"\x01\xfe" * 99)),
        "plain.pkl.zst": ("ok", zstandard.compress(pickled(b"}"))),
        # --- numpy and joblib
        "objects.npy": ("unsafe", array("'|O'", "()", pickled(CALL))),
        "objects-harmless.npy": ("ok", array("'|O'", "()", pickled(b"N"))),
        "objects-in-fields.npy": (
            "unsafe", array("[('a', '<i4'), ('b', '|O')]", "(1,)", pickled(CALL)),
        ),
        "objects.npz": ("unsafe", zipped({"a.npy": array("'|O'", "()", pickled(CALL))})),
        "objects-packed.npz": (
            "unsafe", zipped({"a.npy": array("'|O'", "()", pickled(CALL))}, compress=True),
        ),
        "joblib-array.joblib": ("ok", joblib_array(bytes(48)) + b"."),
        "joblib-then-call.joblib": ("unsafe", joblib_array(bytes(48)) + b"0" + CALL + b"."),
        "joblib-in-array.joblib": ("unsafe", joblib_array(pickled(CALL), "O8") + b"."),
        "joblib-cut.joblib": ("broken", joblib_array(bytes(40))),
        "huge-header.npy": ("broken", npy("{" + " " * 60_000, version=1)),
    }  # fmt: skip
    for number, gadget in enumerate(GADGETS):
        body = call(*split(gadget), "echo pmgit", protocol=2 + 2 * (number % 2))
        found[f"gadget-{gadget}.pkl"] = ("unsafe", pickled(body, 2 + 2 * (number % 2)))
    for name in HARMLESS:
        found[f"harmless-{name}.pkl"] = ("ok", pickled(named(*split(name))))
    for name in UNKNOWN_CODE:
        found[f"unknown-{name}.pkl"] = ("warn", pickled(named(*split(name))))
    return found


def from_bytes(data: bytes) -> bytes:
    """The pickle of a tensor by Python alone: a checkpoint in bytes."""
    size = struct.pack("<I", len(data))
    return pickled(named("torch.storage", "_load_from_bytes") + b"(B" + size + data + b"tR")


def tensor_of(key: str) -> bytes:
    return storage_id(key)


def nest(deep: int) -> bytes:
    """A pickle in so many layers of gzip."""
    data = pickled(CALL)
    for _ in range(deep):
        data = gzip.compress(data, mtime=0)
    return data


def tarred(members: dict[str, bytes], **fields: object) -> bytes:
    """A tar archive with these members; `fields` are set on each of them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def joblib_array(body: bytes, code: str = "f8") -> bytes:
    """The begin of a joblib file with an array of two rows and three columns, without its STOP."""
    dtype = (
        named("numpy", "dtype") + b"(" + text(code) + b"\x89\x88tR(K\x03" + text("<")
        + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )  # fmt: skip
    state = b"}(" + text("shape") + b"K\x02K\x03\x86" + text("dtype") + dtype + b"u"
    return (
        b"\x80\x03"
        + named("joblib.numpy_pickle", "NumpyArrayWrapper")
        + b")\x81"
        + state
        + b"b"
        + body
    )


__all__ = ["GADGETS", "HARMLESS", "pickles", "tensor"]

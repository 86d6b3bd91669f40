function instances = noctule_benchmark(file)
%NOCTULE_BENCHMARK  Frozen instances of noctule with what is proven of their optima.
%   instances = NOCTULE_BENCHMARK('instances.jsonl') reads crates/noctule-lab/benchmark/instances.jsonl: a cell of
%   structures with the fields id, system, form, metric, sense ('maximise' or 'minimise'), reached, bound and
%   instance. Complex numbers of an instance are the last dimension [re, im]; channels(k, n, :) is that of
%   user k at antenna n:
%
%       h = instances{1}.instance.channels;
%       H = h(:, :, 1) + 1i * h(:, :, 2);
%
%   Write variables with jsonencode and have them judged: noctule bench beamforming --against PROGRAM.
text = fileread(file);
lines = strsplit(strtrim(text), sprintf('\n'));
instances = cell(numel(lines), 1);
for k = 1:numel(lines)
    instances{k} = jsondecode(lines{k});
end
end
